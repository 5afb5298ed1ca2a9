package main

import (
	"fmt"
	"html"
	"strings"
)

// The background is the picture's own, so that it reads the same on a light page and on a dark one.
const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">
<title>What stands where: findings and people, the hub, the members, the management account</title>
<style>
text{font-family:system-ui,"Segoe UI",Helvetica,Arial,"DejaVu Sans",sans-serif;font-size:13px;fill:#d1d7e0}
.first{font-weight:bold;fill:#ffffff}.corner{font-weight:bold;fill:#9198a1}.word{font-size:12px;fill:#9198a1}
.account{fill:none;stroke:#59636e;stroke-width:1.5}.part{fill:#1c3a2a;stroke:#6bc46d}.other{fill:#262c36;stroke:#59636e}
.arrow{fill:none;stroke:#9198a1;stroke-width:1.5;marker-end:url(#tip)}.open{stroke-dasharray:5 4}
</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">` +
	`<path d="M0 0L8 4L0 8z" fill="#9198a1"/></marker></defs>
<rect x=".5" y=".5" width="%d" height="%d" rx="8" fill="#151b23" stroke="#59636e"/>
`

func draw() string {
	var b strings.Builder
	fmt.Fprintf(&b, head, wide, high, wide, high, wide-1, high-1)
	for _, a := range arrows() {
		b.WriteString(a.draw())
	}
	for _, x := range boxes() {
		b.WriteString(x.draw())
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (x box) draw() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\" class=\"%s\"/>\n",
		x.x, x.y, x.w, x.h, x.kind)
	if x.kind == account {
		fmt.Fprintf(&b, "<text x=\"%d\" y=\"%d\" class=\"corner\">%s</text>\n", x.x+14, x.y+22, html.EscapeString(x.lines[0]))
		return b.String()
	}
	const leading = 19
	top := x.y + (x.h-len(x.lines)*leading)/2 + 14
	for i, line := range x.lines {
		class := ""
		if i == 0 {
			class = ` class="first"`
		}
		fmt.Fprintf(&b, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\"%s>%s</text>\n",
			x.x+x.w/2, top+i*leading, class, html.EscapeString(line))
	}
	return b.String()
}

func (a arrow) draw() string {
	var path []string
	for i, p := range a.points {
		command := "L"
		if i == 0 {
			command = "M"
		}
		path = append(path, fmt.Sprintf("%s%d %d", command, p[0], p[1]))
	}
	class := "arrow"
	if a.open {
		class += " open"
	}
	text := fmt.Sprintf("<path d=\"%s\" class=\"%s\"/>\n", strings.Join(path, ""), class)
	if a.words != "" {
		text += fmt.Sprintf("<text x=\"%d\" y=\"%d\" class=\"word\">%s</text>\n",
			a.at[0], a.at[1], html.EscapeString(a.words))
	}
	return text
}
