import { createMasker, secretForms } from '../src/template/variables/secrets.ts';
for (const [n,lines] of [[20,1],[2400,30],[10000,150],[64000,1000],[64000,1],[250000,1],[500000,1]] as const) {
  let v=''; for (let i=0;i<lines;i++) v+= Array.from({length:Math.floor(n/lines)},(_, k)=>String.fromCharCode(33+((i*7919+k*104729+ (k*k)%97)%90))).join('')+'\n';
  const t=performance.now(); const f=secretForms(v); const t1=performance.now(); const m=createMasker([v]); m('x'); const t2=performance.now(); m('nothing to see '.repeat(70000)); const t3=performance.now(); m(`aa ${v} bb ${JSON.stringify(v)}`.repeat(3)); const t4=performance.now();
  console.log(n,lines,f.length,f.reduce((a,b)=>a+b.length,0),(t1-t).toFixed(),(t2-t1).toFixed(),(t3-t2).toFixed(),(t4-t3).toFixed(),(process.memoryUsage().rss/1e6).toFixed());
}
const a='a'.repeat(60000); const t=performance.now(); createMasker([a])(`x${'a'.repeat(59999)}y${a}z`.repeat(2)); console.log('same char', (performance.now()-t).toFixed());
