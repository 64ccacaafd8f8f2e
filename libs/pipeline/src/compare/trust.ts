/**
 * How much a store is believed without comparing its content.
 *
 * `stamps`: a store whose stamp fits what is wanted and the live count is not compared at all.
 * `labels`: every store is compared; in one that has a stamp, ids and hashes are believed.
 * `nothing`: everything in a store is compared, hashes are computed again, and vectors are read back.
 *
 * The labels of a store without a stamp are never believed: it was never loaded, was cut short, or was found to differ.
 */
export type Trust = 'stamps' | 'labels' | 'nothing';
