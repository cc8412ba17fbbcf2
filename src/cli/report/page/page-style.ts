/** The style of a page: dark and light as the reader's system is, wide tables that scroll, and all of it on paper. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--text:#1b1f24;--page:#fff;--dim:#57606a;--line:#d0d7de;--soft:#f3f5f7;--link:#0a57c2;
--good:#2b8a4b;--hole:#6cb6d9;--slack:#c3cad2;--torn:#c98a00;--torn-text:#7d5600;--damaged:#c62828;--time:#0a57c2;--mark:#ffe08a}
@media (prefers-color-scheme:dark){:root{--text:#e6e9ed;--page:#14181d;--dim:#a3acb6;--line:#3a424c;--soft:#1e242b;--link:#7db5ff;
--good:#3fa662;--hole:#3f7f9e;--slack:#4a535d;--torn:#e0a526;--torn-text:#e0a526;--damaged:#f0625d;--time:#7db5ff;--mark:#6b4e00}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1rem 1.25rem 3rem;font:1rem/1.5 system-ui,sans-serif;color:var(--text);background:var(--page)}
h1{font-size:1.6rem;margin:.5rem 0}h2{font-size:1.25rem;margin:2.5rem 0 .5rem;border-top:1px solid var(--line);padding-top:1rem}
h3{font-size:1.05rem;margin:1.5rem 0 .5rem}h1,h2,h3,p,li,code{overflow-wrap:anywhere}
a{color:var(--link)}.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--page);padding:.5rem}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.verdict{border-left:.5rem solid var(--good);padding:.25rem 1rem;background:var(--soft)}
.verdict.x3,.verdict.x6,.verdict.x7{border-color:var(--damaged)}.verdict.x4{border-color:var(--torn)}
.scroll{overflow-x:auto;margin:.5rem 0}table{border-collapse:collapse;font-size:.875rem;min-width:50%}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums}
thead th{background:var(--soft)}tbody th{overflow-wrap:anywhere;min-width:9rem}.any{overflow-wrap:anywhere}.one{white-space:nowrap}
.findings td{min-width:6rem;overflow-wrap:anywhere}.findings td.what{min-width:11rem}.findings td.beside{min-width:9rem;overflow-wrap:break-word}.findings td:first-child{min-width:0}.findings tbody th{overflow-wrap:normal;white-space:nowrap}
td.damage{color:var(--damaged);font-weight:600}td.torn{color:var(--torn-text);font-weight:600}
figure{margin:.5rem 0}figcaption{color:var(--dim);font-size:.875rem}svg{width:100%;height:auto;display:block}
svg text{font:11px ui-monospace,monospace;fill:var(--dim);text-anchor:end}
.good{fill:var(--good)}.hole{fill:var(--hole)}.slack{fill:var(--slack)}path.torn{fill:url(#hatch-torn)}path.damaged{fill:url(#hatch-damaged)}
.mark{fill:var(--text)}.time{fill:var(--time)}.s1{opacity:.25}.s2{opacity:.45}.s3{opacity:.65}.s4{opacity:.82}
.frame{fill:var(--soft)}.d-changed{fill:var(--torn)}.d-added{fill:var(--good)}.d-removed{fill:var(--damaged)}.d-unknown{fill:var(--dim)}
.jumps{display:flex;flex-wrap:wrap;gap:.5rem 1.25rem;margin:.75rem 0}.jumps input{font:inherit;width:12rem}button{font:inherit}
.pages a{margin-right:1rem}tr.here{background:var(--mark)}
.defs{position:absolute;width:0;height:0}.legend svg{display:inline-block;width:1.2rem;height:.9rem;vertical-align:baseline}
.legend{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;font-size:.875rem}
pre,code{font-family:ui-monospace,monospace;font-size:.8125rem}pre{background:var(--soft);padding:.6rem;line-height:1.4;margin:0;width:max-content;min-width:100%}
mark{background:var(--mark);color:inherit}summary{cursor:pointer;padding:.2rem 0}footer{margin-top:3rem;color:var(--dim);font-size:.875rem}
@media print{:root{--text:#000;--page:#fff;--dim:#333;--line:#999;--soft:#fff;--good:#2b8a4b;--hole:#6cb6d9;--slack:#c3cad2;--torn:#c98a00;--torn-text:#7d5600;--damaged:#c62828;--time:#0a57c2;--mark:#ffe08a}
body{max-width:none;padding:0;font-size:10pt}.skip{display:none}svg,mark,.verdict{print-color-adjust:exact;-webkit-print-color-adjust:exact}
.scroll{overflow:visible}pre{white-space:pre-wrap;width:auto}figure,tr,h2,h3{break-inside:avoid}h2,h3{break-after:avoid}
details::details-content{content-visibility:visible;block-size:auto}}
`;
