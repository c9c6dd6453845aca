/* Undo what lanes.h and its includer defined, so that the next instruction set can follow. */
#undef LANES
#undef TARGET
#undef LANE_WIDTH
#undef N_PIECES
#undef piece
#undef load_piece
#undef store_piece
#undef broadcast
#undef add_lanes
