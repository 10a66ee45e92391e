import { COLOURS, PALETTE } from '../../metrics/looks.ts';

/** The colours of methods in a theme, by the names that pictures use. */
const series = (theme: 'light' | 'dark'): string =>
  COLOURS.map((name) => `--series-${name}:${PALETTE[theme][name]}`).join(';');

/** How a report looks: light, dark and on paper. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#59636e;--rule:#d5dae0;--paper:#fff;--tint:#f4f6f8;--accent:#0b5cad;--good:#1a7f4b;--bad:#b3261e;${series('light')}}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e6e9ec;--soft:#9aa4af;--rule:#363d45;--paper:#14171a;--tint:#1d2125;--accent:#6fb1f5;--good:#5fce94;--bad:#ff8a80;${series('dark')}}}
*{box-sizing:border-box}body{margin:0 auto;max-width:1240px;padding:24px;font:14px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;color:var(--ink);background:var(--paper)}
h1{font-size:24px;margin:0 0 4px}h2{font-size:18px;margin:36px 0 8px;padding-top:8px;border-top:1px solid var(--rule)}h3{font-size:15px;margin:20px 0 6px}
p{margin:6px 0;max-width:76ch}.soft{color:var(--soft)}a{color:var(--accent)}nav a{margin-right:14px}
.wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:8px 0}th,td{padding:3px 8px;text-align:right;border-bottom:1px solid var(--rule);vertical-align:top}
td{white-space:nowrap}td:first-child,td.left,table.text td{white-space:normal;overflow-wrap:anywhere}td:first-child,td.name{min-width:15ch}td.notes{min-width:32ch}
table.board{font-size:13px}table.board th,table.board td{padding:3px 6px}table.board td:first-child{min-width:20ch;max-width:34ch}p.what::first-letter{text-transform:uppercase}
th{font-weight:600;text-align:right;vertical-align:bottom;border-bottom:1px solid var(--ink)}th:first-child,td:first-child,.left{text-align:left}th.group{text-align:center;border-bottom:1px solid var(--rule)}
tr.upper+tr.rows td,tr.rows+tr.lower td{border-top:1px solid var(--ink)}caption{text-align:left;color:var(--soft);padding-bottom:4px}
td.best{font-weight:700}.tied::after{content:" ≈";color:var(--good)}.n{color:var(--soft);font-size:12px}.reproduced{color:var(--good)}.off{color:var(--bad)}.failed,.diverged{color:var(--bad)}.running{color:var(--accent)}
.remark{display:block;color:var(--soft);font-size:12px;max-width:42ch;white-space:normal;text-align:left}
.sort{cursor:pointer}.sort:focus-visible{outline:2px solid var(--accent)}
code,pre{font:12.5px/1.5 ui-monospace,"Cascadia Mono",Menlo,monospace}pre{background:var(--tint);padding:10px 12px;overflow-x:auto;white-space:pre-wrap;word-break:break-word}
details{margin:6px 0}summary{cursor:pointer}.warning{border-left:3px solid var(--series-5);padding-left:10px}
svg{max-width:min(100%,760px);height:auto;display:block;margin:8px 0}figure{margin:12px 0}figcaption{color:var(--soft)}.maps svg{display:inline-block;margin:6px 20px 6px 0;vertical-align:top}
svg text{font:11px system-ui,sans-serif;fill:var(--ink)}svg .tick{fill:var(--soft)}svg .axis{fill:var(--soft)}svg .grid{stroke:var(--rule)}svg .cell{fill:var(--series-1)}svg .cell+text.on{fill:var(--paper)}
.band{opacity:.13;fill:currentColor}.stroke{stroke:currentColor}.dot{fill:currentColor;fill-opacity:.45}.fill{fill:currentColor}
${COLOURS.map((name) => `.c-${name}{color:var(--series-${name})}`).join('')}
@page{size:A4;margin:14mm 12mm 16mm;@bottom-left{content:"Touchstone report";font:8pt system-ui,sans-serif;color:#555}@bottom-right{content:counter(page) " / " counter(pages);font:8pt system-ui,sans-serif;color:#555}}
@media print{:root{color-scheme:light;--ink:#000;--paper:#fff;--rule:#bbb;--soft:#444}body{max-width:none;padding:0;font-size:10pt}nav{display:none}h1{font-size:16pt}h2{font-size:13pt;margin-top:20px}
h2,h3,caption,summary,figcaption,p.what,p:has(+.maps),p:has(+.wide){break-after:avoid}.wide{overflow:visible}table,table.board{font-size:8pt}th,td,table.board th,table.board td{padding:2px 5px}
thead{display:table-header-group;break-inside:avoid;break-after:avoid}tbody tr:first-child{break-before:avoid}table.short{break-inside:avoid}tr,svg,figure,li{break-inside:avoid}.remark{font-size:7.5pt;max-width:none}code,pre{font-size:7.5pt}pre{overflow:visible;white-space:pre-wrap;overflow-wrap:anywhere}
p{orphans:3;widows:3;max-width:none}svg{max-width:100%}details::details-content{content-visibility:visible;height:auto;display:block}summary{list-style:none;font-weight:600}}
`;
