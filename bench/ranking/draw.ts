/** The ranking proof draws as the simulated population does. */
export { Draw } from '../../src/simulator/population/draw.ts';
