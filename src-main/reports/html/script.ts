/**
 * Sorts a table by a column on a click of its header, and unfolds what is folded for printing; without scripts
 * everything can still be read.
 */
export const SCRIPT = `document.querySelectorAll('.sort').forEach(function(button){var sort=function(){
var th=button.closest('th'),table=th.closest('table'),i=Array.prototype.indexOf.call(th.parentNode.children,th),down=th.getAttribute('aria-sort')!=='descending';
Array.prototype.forEach.call(th.parentNode.children,function(o){o.removeAttribute('aria-sort')});th.setAttribute('aria-sort',down?'descending':'ascending');
var body=table.tBodies[0],rows=Array.prototype.slice.call(body.rows);
var value=function(r){var c=r.cells[i],v=c.getAttribute('data-value');return v===null?c.textContent:v===''?NaN:Number(v)};
rows.sort(function(a,b){var x=value(a),y=value(b);if(typeof x==='string'||typeof y==='string')return down?String(y).localeCompare(String(x)):String(x).localeCompare(String(y));
if(isNaN(x))return 1;if(isNaN(y))return -1;return down?y-x:x-y});rows.forEach(function(r){body.appendChild(r)})};
button.addEventListener('click',sort);button.addEventListener('keydown',function(e){if(e.key==='Enter'||e.key===' '){e.preventDefault();sort()}})});
addEventListener('beforeprint',function(){document.querySelectorAll('details').forEach(function(d){d.open=true})});`;
