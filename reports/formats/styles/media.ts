/** Phones and paper. */
export const MEDIA = `
@media (max-width:44rem){
html{font-size:15.5px;scroll-padding-top:3rem}
.stamps{display:flex;flex-wrap:wrap}.stamp small{display:none}.stamp-notes{display:block}
h1{font-size:1.625rem}
main{gap:2.25rem}
.clause-head{display:none}
.clause>details>summary{grid-template-columns:minmax(0,1fr) auto;padding:.75rem .25rem}
.clause .number{grid-area:1/1}.clause>details>summary>.badge{grid-area:1/2}.clause .title{grid-area:2/1/3/3}.clause>details>summary::after{grid-area:3/2;justify-self:end;margin-right:.5rem}.clause .level{grid-area:3/1}
.clause .body{padding:.25rem .25rem 1.5rem}
.criterion,.evidence{padding:.875rem}
.facts>div,.columns .facts>div,.value>div{grid-template-columns:minmax(0,1fr)}
.gantt thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.gantt,.gantt tbody{display:block}.gantt tr{display:flex;flex-wrap:wrap;gap:0 1rem;padding:.5rem 0;border-bottom:1px solid var(--hair)}
.gantt td,.gantt tbody th{border:0;padding:0}.gantt tbody th{flex:1 0 100%;font-weight:600}.gantt .track{flex:1 0 100%;width:auto}
.gantt td:nth-child(2)::before{content:"× "}
}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
@page{size:A4;margin:16mm 15mm 18mm}
@media print{
:root{color-scheme:light;--ground:#fff;--sheet:#fff;--ink:#000;--soft:#444;--line:#bbb;--hair:#ddd;--tint:#f4f4f2;--accent:#17596e;--accent-soft:#e4eff2;
--pass:#1a6b3c;--pass-bg:#e5f3ea;--fail:#a81e1e;--fail-bg:#fbe7e5;--open:#8a5300;--open-bg:#fdf0d9;--mute:#56606b;--mute-bg:#eee;--stamp:#7a1f6b;--stamp-ink:#fff}
html{font-size:9.5pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.contents,.language,.filter,.skip{display:none}
.page,.top,footer{padding-left:0;padding-right:0;max-width:none;display:block}
.stamps{display:none}.stamp-notes{display:block}
main{display:block}main>*{margin-bottom:8mm}
.criterion,.clause .body,.evidence,.findings,.exchange{display:block}.criterion>*+*,.clause .body>*+*,.evidence>*+*,.findings>*+*{margin-top:2.5mm}
details:not(.part)::details-content{content-visibility:visible;display:block;height:auto}
details.raw,details.how:not(.favourable){display:none}
.part>summary::before{display:none}
.clause>details>summary::after,.judgement>summary::after{display:none}
pre{max-height:none;overflow:visible}.wide{overflow:visible}
h2,h3,.criterion h3+.meta,summary,.label{break-after:avoid}.findings>li,.pair,.facts>div,.verdict,.mend,tr,.reasons>li{break-inside:avoid}
a{color:inherit;text-decoration:none}
}
`
