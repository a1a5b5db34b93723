import { Notice } from './notice.tsx';

/** Says that changes do not come at present, and why; nothing while they do (null). */
export const NotLive = ({ reason }: { readonly reason: string | null }) =>
  reason === null ? null : (
    <Notice level="warning" detail={`${reason} What you see is the last known state.`}>
      Not live: position changes do not come in just now
    </Notice>
  );
