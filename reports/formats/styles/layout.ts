/** Colours, type and the frame of the page. Fonts of the reader's system, chosen for Vietnamese diacritics. */
export const LAYOUT = `
:root{color-scheme:light dark;
--ground:#fbfaf8;--sheet:#fff;--ink:#1b2026;--soft:#545d68;--line:#e0ddd7;--hair:#ecebe6;--tint:#f4f2ed;--accent:#17596e;--accent-soft:#e4eff2;
--pass:#1a6b3c;--pass-bg:#e5f3ea;--fail:#a81e1e;--fail-bg:#fbe7e5;--open:#8a5300;--open-bg:#fdf0d9;--mute:#56606b;--mute-bg:#eeeeec;--stamp:#7a1f6b;--stamp-ink:#fff;
--text:"Segoe UI Variable Text","Segoe UI",-apple-system,BlinkMacSystemFont,Roboto,"Noto Sans","Helvetica Neue",Arial,system-ui,sans-serif;
--mono:ui-monospace,"SF Mono","Cascadia Mono",Consolas,"Noto Sans Mono","DejaVu Sans Mono",Menlo,monospace}
@media (prefers-color-scheme:dark){:root{
--ground:#14171a;--sheet:#1b1f23;--ink:#e7e6e2;--soft:#a3abb4;--line:#343a41;--hair:#2a2f35;--tint:#23282d;--accent:#7cc4d8;--accent-soft:#1c343c;
--pass:#7fd09c;--pass-bg:#173425;--fail:#ff9d94;--fail-bg:#43201e;--open:#f0bd6a;--open-bg:#3a2c12;--mute:#a9b1ba;--mute-bg:#2a2f35;--stamp:#e3a4d6;--stamp-ink:#2a0c25}}
*,*::before,*::after{box-sizing:border-box}
html{font:16px/1.6 var(--text);background:var(--ground);color:var(--ink);-webkit-text-size-adjust:100%;scroll-padding-top:5rem;scroll-behavior:smooth}
body{margin:0;overflow-wrap:break-word}
h1,h2,h3,p,ul,ol,dl,dd,figure{margin:0;padding:0}
ul,ol{list-style:none}
h1,h2,h3{line-height:1.3;font-weight:650;text-wrap:balance}
h1{font-size:2rem;letter-spacing:-.012em}
main section>h2{font-size:1.375rem;letter-spacing:-.006em;padding-top:1.25rem;border-top:1px solid var(--line);margin-bottom:1rem}
h2 small,h3 small{font-weight:400;color:var(--soft);font-size:.8em}
h3{text-wrap:wrap;font-size:1.0625rem;margin:1.5rem 0 .625rem}
.criterion h3{font-size:1rem;margin:0;text-wrap:balance}
a{color:var(--accent);text-decoration-thickness:1px;text-underline-offset:.18em}
a:hover{text-decoration-thickness:2px}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:3px}
small{font-size:.86em}
code,pre,.dev,.digest{font-family:var(--mono);font-size:.84em;font-variant-ligatures:none}
.digest{font-size:.76em;overflow-wrap:anywhere;word-break:break-all;color:var(--soft)}
pre code{font-size:1em}
time{white-space:nowrap}
.symbols{position:absolute}
.skip{position:absolute;left:-200vw;background:var(--sheet);padding:.5rem 1rem;z-index:3}
.skip:focus{left:0;top:0}
.stamps{position:sticky;top:0;z-index:2;background:var(--stamp);color:var(--stamp-ink);display:grid;gap:0 1.5rem;padding:.4rem clamp(1rem,4vw,2.5rem);border-bottom:4px double var(--ground);font-size:.875rem}
.stamp small{font-size:1em}.stamp b{letter-spacing:.05em;text-transform:uppercase;margin-right:.4em}
.top{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;align-items:center;justify-content:space-between;padding:.875rem clamp(1rem,4vw,2.5rem);max-width:84rem;margin:auto}
.brand{font-weight:700;letter-spacing:.01em;color:var(--accent)}
.page{max-width:84rem;margin:auto;padding:0 clamp(1rem,4vw,2.5rem) 3rem;display:grid;grid-template-columns:minmax(0,1fr)}
main{min-width:0;display:grid;grid-template-columns:minmax(0,1fr);gap:2.75rem}
.headline{padding-top:1rem}
.headline p{color:var(--soft)}
.stamp-notes{display:none;margin-top:.75rem;border-left:3px solid var(--stamp);padding-left:.875rem}
.eyebrow{font-size:.875rem;font-weight:600;color:var(--accent)!important}
.lead{color:var(--soft);max-width:46rem;margin-bottom:1rem}
.contents h2{font-size:.8125rem;color:var(--soft);font-weight:600;margin:1rem 0 .5rem}
.contents li{font-size:.875rem;line-height:1.4}
.contents a{display:block;padding:.3rem 0;color:var(--ink);text-decoration:none}
.contents a:hover{color:var(--accent);text-decoration:underline}
.contents ol{columns:2;column-gap:1.5rem}
footer{border-top:1px solid var(--line);color:var(--soft);font-size:.8125rem;padding:1.25rem clamp(1rem,4vw,2.5rem) 2.5rem;max-width:84rem;margin:auto}
fieldset{border:0;padding:0;margin:0;min-width:0}
.language{display:flex;align-items:center;font-size:.875rem}
.language legend,.filter legend{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.language label,.chip{display:inline-flex;align-items:center;gap:.35rem;min-height:2.25rem;padding:.2rem .8rem;border:1px solid var(--line);background:var(--sheet);cursor:pointer}
.language label:first-of-type{border-radius:99px 0 0 99px;border-right:0}
.language label:last-of-type{border-radius:0 99px 99px 0}
.language input,.chip input{appearance:none;width:.5rem;height:.5rem;margin:0;border-radius:50%;border:1px solid var(--soft);outline:0}
.language input:checked,.chip input:checked{background:currentColor;border-color:currentColor}
.language label:has(:checked),.chip:has(:checked){background:var(--accent-soft);color:var(--accent);border-color:var(--accent);font-weight:600}
.language label:has(:focus-visible),.chip:has(:focus-visible){outline:3px solid var(--accent);outline-offset:2px}
@media (min-width:68rem){.page{grid-template-columns:13.5rem minmax(0,1fr);gap:3.5rem}
.contents{position:sticky;top:0;max-height:100vh;overflow:auto;padding:4.5rem 0 2rem}.contents ol{columns:1}.contents h2{margin-top:0}}
`
