/** Names the descriptor of the state to the next program, which takes it out of its environment. */
export const STATE_VARIABLE = 'SRS_SUPERVISOR_HANDOVER_FD';
