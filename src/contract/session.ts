/** Signing in. The link's code travels in the URL fragment (/sign-in#code), which no server or log ever sees. */
import { z } from 'zod';
import { timeSchema } from './values.ts';

/** viewer reads, operator acts, admin also manages access. Each includes the one before. */
export const accessRoleSchema = z.enum(['viewer', 'operator', 'admin']);
export type AccessRole = z.infer<typeof accessRoleSchema>;

export const signInBodySchema = z.strictObject({
  code: z.string().min(20).max(100).meta({ description: 'What follows # in the sign-in link' }),
});
export type SignInBody = z.infer<typeof signInBodySchema>;

export const sessionSchema = z
  .object({
    role: accessRoleSchema,
    via: z.enum(['session', 'token']),
    expiresAt: timeSchema.nullable(),
  })
  .meta({ id: 'Session' });
export type Session = z.infer<typeof sessionSchema>;

export const ticketSchema = z
  .object({
    ticket: z
      .string()
      .meta({ description: 'Send as WebSocket subprotocol "ticket.<value>" beside autotrade.v1' }),
    expiresAt: timeSchema,
  })
  .meta({ id: 'Ticket' });
