/** The parts of the report. Outcomes are told by icon and word; colour only helps. */
export const PARTS = `
.i{width:1em;height:1em;flex:none;fill:none;stroke:currentColor;stroke-width:2.2;stroke-linecap:round;stroke-linejoin:round}
.badge{display:inline-flex;align-items:center;gap:.35em;font-size:.8125rem;line-height:1.3;font-weight:600;padding:.2rem .6rem .2rem .5rem;border-radius:99px;background:var(--bg);color:var(--fg)}
.o-pass{--fg:var(--pass);--bg:var(--pass-bg)}.o-fail{--fg:var(--fail);--bg:var(--fail-bg)}.o-inconclusive{--fg:var(--open);--bg:var(--open-bg)}
.o-not-applicable,.o-not-assessed,.o-unrun,.o-covered{--fg:var(--mute);--bg:var(--mute-bg)}
.tag{display:inline-block;background:var(--stamp);color:var(--stamp-ink);font-size:.8125rem;font-weight:700;letter-spacing:.05em;text-transform:uppercase;padding:.05rem .55rem;border-radius:3px}
.notice{border-left:3px solid var(--open);background:var(--open-bg);padding:.5rem .875rem;margin:.75rem 0;border-radius:0 4px 4px 0;font-size:.9375rem}
.faint,.meta,.none{color:var(--soft)}.faint,.meta{font-size:.875rem}.none{font-style:italic}
.label{font-size:.8125rem;font-weight:600;color:var(--soft)}
.verdict{background:var(--sheet);border:1px solid var(--line);border-top:5px solid var(--fg);border-radius:4px;padding:1.5rem clamp(1rem,3vw,2rem);display:grid;grid-template-columns:minmax(0,1fr);gap:1rem}
.verdict+.verdict{margin-top:1.25rem}
.verdict .law{font-weight:600}.law small{font-weight:400;color:var(--soft)}
.verdict h2{display:flex;align-items:center;gap:.4em;font-size:clamp(1.5rem,4vw,2rem);color:var(--fg);margin:.3rem 0}
.mode{font-weight:600;display:flex;flex-wrap:wrap;gap:.4rem .75rem;align-items:center}
.means{max-width:50rem}
.bar{display:flex;gap:2px;height:.625rem}.bar i{background:var(--fg);min-width:3px;border-radius:2px}
.bar .o-unrun{background:repeating-linear-gradient(45deg,var(--fg) 0 2px,transparent 2px 5px)}.bar .o-not-assessed,.bar .o-not-applicable{opacity:.45}
.counts{display:flex;flex-wrap:wrap;gap:.4rem 1rem}.counts b{font-variant-numeric:tabular-nums}
.culprits{display:flex;flex-wrap:wrap;gap:.25rem .75rem}.culprits a{font-weight:600}
.limits{margin-top:1.25rem;padding-left:1rem;border-left:3px solid var(--accent);display:grid;gap:.35rem;max-width:52rem}
.columns{display:grid;gap:1.5rem 2.5rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr))}
.columns h3{margin-top:0}
.facts>div{display:grid;grid-template-columns:minmax(8rem,13rem) minmax(0,1fr);gap:.15rem 1.25rem;padding:.5rem 0;border-bottom:1px solid var(--hair)}
.columns .facts>div{grid-template-columns:8.5rem minmax(0,1fr)}
.facts dt{color:var(--soft);font-size:.9375rem}
.facts li+li{margin-top:.25rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9375rem}
th,td{text-align:left;vertical-align:top;padding:.5rem .875rem .5rem 0;border-bottom:1px solid var(--hair)}
thead th{font-size:.8125rem;color:var(--soft);font-weight:600;border-bottom-color:var(--line)}
tbody th{font-weight:600}tbody th small{font-weight:400;color:var(--soft);display:block}
.wide .dev,.wide .v{overflow-wrap:break-word}table.small{font-size:.8125rem}table.small td,table.small th{padding:.3rem .75rem .3rem 0}
.filter{display:flex;flex-wrap:wrap;gap:.4rem;margin-bottom:1rem}
.chip{border-radius:99px;font-size:.875rem;line-height:1.2}.chip .i{font-size:.9em}.chip b{font-weight:600;color:var(--soft);font-variant-numeric:tabular-nums}
.clause-head,.clause>details>summary{display:grid;grid-template-columns:6.5rem minmax(0,1fr) 7rem 11.5rem 1rem;gap:.25rem 1rem;align-items:center}
.clause-head{font-size:.8125rem;font-weight:600;color:var(--soft);padding:.35rem .75rem;border-bottom:1px solid var(--line)}
.clause{border-bottom:1px solid var(--line)}
.clause>details>summary{padding:.75rem;cursor:pointer;list-style:none}
summary::-webkit-details-marker{display:none}
.clause>details>summary::after{content:"";width:.5rem;height:.5rem;border:solid var(--soft);border-width:0 2px 2px 0;transform:rotate(45deg) translate(-2px,-2px)}
.clause>details[open]>summary::after{transform:rotate(225deg) translate(-2px,-2px)}
.clause>details>summary:hover{background:var(--tint)}
.number{font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}.level{color:var(--soft);font-size:.875rem}
.clause .badge{justify-self:start}
.clause .body{padding:.25rem .75rem 1.75rem;display:grid;grid-template-columns:minmax(0,1fr);gap:1rem}
.clause .body>*{margin:0}
.asked{display:grid;gap:.5rem;max-width:52rem}.asked>div{display:grid;gap:0}
.asked dt,.pair dt{font-size:.8125rem;font-weight:600;color:var(--soft)}
.sources{color:var(--soft)}
.criterion{border:1px solid var(--line);border-radius:4px;background:var(--sheet);padding:1rem 1.125rem;display:grid;grid-template-columns:minmax(0,1fr);gap:.625rem}
details.how>summary,details.raw>summary{cursor:pointer;color:var(--accent);font-size:.875rem;width:fit-content;padding:.15rem 0;list-style:none}
details.how>summary::before,details.raw>summary::before{content:"+ ";font-family:var(--mono)}
details.how[open]>summary::before,details.raw[open]>summary::before{content:"− "}
details.how p{max-width:50rem;font-size:.9375rem}
.judgement{border-top:1px solid var(--hair);padding-top:.5rem}
.judgement>summary{cursor:pointer;display:flex;flex-wrap:wrap;gap:.35rem .75rem;align-items:center;list-style:none;padding:.2rem 0}
.judgement>summary::after{content:"+";font-family:var(--mono);color:var(--soft);margin-left:auto;padding:0 .3rem}.judgement[open]>summary::after{content:"−"}
.again{display:flex;flex-wrap:wrap;gap:.35rem .75rem;align-items:center;border-top:1px solid var(--hair);padding-top:.5rem}
.place{font-weight:600;font-size:.9375rem}
.findings{display:grid;grid-template-columns:minmax(0,1fr);gap:.875rem;margin:.625rem 0}
.findings>li{padding-left:.875rem;border-left:2px solid var(--line)}
.findings>.f-violation{border-left-color:var(--fail)}.findings>.f-suspicion,.findings>.f-gap{border-left-color:var(--open)}.findings>.f-evidence{border-left-color:var(--pass)}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,15rem),1fr));gap:.625rem;margin:.35rem 0}
.pair>div{background:var(--tint);border-radius:4px;padding:.5rem .75rem}
.f-violation .pair>.actual{background:var(--fail-bg)}.f-suspicion .pair>.actual{background:var(--open-bg)}
.cites{display:flex;flex-wrap:wrap;gap:.25rem .875rem;font-size:.875rem;color:var(--soft);margin-top:.25rem}
.because{font-size:.875rem;color:var(--soft)}
.mend{background:var(--accent-soft);border-radius:4px;padding:.75rem 1rem}.mend .label{color:var(--accent)}
.v{font-family:var(--mono);font-size:.88em;background:var(--tint);border-radius:3px;padding:.05em .25em;overflow-wrap:anywhere}
.actual .v{background:none;padding:0;font-weight:600}
.dev{overflow-wrap:anywhere}
pre{background:var(--tint);border-radius:4px;padding:.625rem .875rem;overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere;margin:.25rem 0;line-height:1.5;max-height:26rem}
pre i{color:var(--soft);font-style:normal}
.ctl{font:700 .78em var(--mono);color:var(--fail);background:var(--fail-bg);border-radius:3px;padding:0 .25em;margin:0 .1em;white-space:nowrap}
.cut{color:var(--open);font-weight:600}
.reasons>li{padding:.5rem 0;border-bottom:1px solid var(--hair)}.reasons>li>a{font-weight:600;margin-right:.5rem}
.reasons ul{margin:.25rem 0 0 1rem}.reasons ul li{color:var(--soft);font-size:.9375rem;list-style:"– "}
.gantt td,.gantt tbody th{vertical-align:middle}.gantt td{white-space:nowrap;font-variant-numeric:tabular-nums}.gantt tbody th{font-weight:400;min-width:9rem}
.gantt .track{width:50%;padding-right:0}.gantt svg{display:block;overflow:visible;background:linear-gradient(var(--hair),var(--hair)) 0 50%/100% 1px no-repeat}
.ends{display:flex;justify-content:space-between}
.busy{fill:var(--accent)}.unanswered{fill:var(--open)}.hatch-ground{fill:var(--sheet)}.hatch-line{fill:var(--accent)}
.legend{display:flex;flex-wrap:wrap;gap:.35rem .6rem;align-items:center;margin-top:.75rem}.key{width:1.75rem;height:.75rem;border:1px solid var(--line);margin-left:.5rem}.key:first-child{margin-left:0}
.changes li{padding:.5rem 0;border-bottom:1px solid var(--hair)}.changes b{margin-right:.5rem}.changes .open b,.changes .lasting b{color:var(--fail)}.changes .undone b{color:var(--pass)}
.steps{display:grid;grid-template-columns:minmax(0,1fr);gap:.875rem;counter-reset:s}.steps>li{counter-increment:s;padding-left:2.25rem;position:relative}
.steps>li::before{content:counter(s);position:absolute;left:0;color:var(--accent);font-weight:700}
.evidence{background:var(--sheet);border:1px solid var(--line);border-radius:4px;padding:1rem 1.125rem;margin-top:1rem;display:grid;grid-template-columns:minmax(0,1fr);gap:.5rem}
.evidence h3{margin:0}
.part{border-top:1px solid var(--hair);padding-top:.375rem}
.part>summary{cursor:pointer;display:flex;flex-wrap:wrap;align-items:baseline;gap:.15rem .75rem;font-size:.875rem;list-style:none;padding:.15rem 0}
.part>summary::before{content:"+";font-family:var(--mono);color:var(--accent)}.part[open]>summary::before{content:"−"}
.part>summary code{color:var(--accent)}.precis{color:var(--soft);overflow-wrap:anywhere;min-width:0}.part[open]>summary>.precis{display:none}
details:has(>summary:target)::details-content{content-visibility:visible;display:block;height:auto}
.clause :target,summary:target{outline:2px solid var(--accent);outline-offset:4px;border-radius:3px}
.back a{margin-left:.35rem}
.exchange{display:grid;grid-template-columns:minmax(0,1fr);gap:.5rem}
.got.cited>pre{box-shadow:inset 3px 0 0 var(--accent)}
.failure{color:var(--open);font-weight:600}
.value>div{display:grid;grid-template-columns:minmax(6rem,11rem) minmax(0,1fr);gap:.25rem 1rem;padding:.25rem 0;border-bottom:1px solid var(--hair);font-size:.875rem}
.value dt{color:var(--soft)}
.value>.cited,tr.cited,mark{background:var(--accent-soft);color:inherit}.value>.cited{box-shadow:inset 3px 0 0 var(--accent);padding-left:.5rem}
.items>li{border-left:2px solid var(--hair);padding-left:.75rem;margin:.35rem 0}
.picture{max-width:100%;height:auto;border:1px solid var(--line)}
.controls li,.artifacts li,.listed li{padding:.2rem 0;font-size:.875rem}.controls .ok b{color:var(--pass)}.controls .bad b{color:var(--fail)}
`
