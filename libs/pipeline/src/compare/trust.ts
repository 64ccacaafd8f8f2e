/**
 * What of a store is believed without looking at what stands behind it.
 *
 * `stamps`: a stamp that fits what is wanted and the live count; such a store is not compared at all.
 * `labels`: ids and hashes in a store that has a stamp; every store is compared.
 * `nothing`: everything that a store holds is compared, hashes are computed anew, and vectors are read back.
 *
 * The labels of a store without a stamp are never believed: it was never loaded, was cut short, or was found to differ.
 */
export type Trust = 'stamps' | 'labels' | 'nothing';
