/**
 * Keys, a password, parts of addresses and a text that occur nowhere else, with characters that are encoded differently
 * in a URL, in JSON and in a header.
 */
export const MARKED = {
  openAiKey: 'sk-proj-Qz7Vx2Lm9Kp4Wd8Rt3Hy6Jn',
  qdrantKey: 'Fg5Bc1Xs8Zq0Mv7.Uj4Ek9Ta2Yw6Pr==',
  password: 'Nb3#Gh7/Cx@9:Lk%2&Df"5 Sz?1+Rv',
  path: 'Tq6Zk:Vb3Nw8 Xr5Hd1',
  query: 'Jm2Rf&Cs7Lx9=Gp4Ty0',
  text: 'Ox7Vd-Lq3Vb9 said: "Kd5Wm2Gf0, [Hs8Tz4Xk6], {Py6Rn1Jb7}"',
} as const;
