// Package docs writes the pages that follow from declarations: one for each control and each standard, and that of the
// outcomes. It also knows which links of a page lead to files, so that a test can follow them.
package docs

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"text/template"

	"github.com/salve-security/salve/internal/control"
	onaws "github.com/salve-security/salve/internal/proof"
	"github.com/salve-security/salve/playbooks"
)

//go:generate go run ../generate/pages -root ../..
//go:generate go run ../generate/cost -docs ../../docs
//go:generate go run ../generate/architecture -out ../../docs/architecture.svg

//go:embed templates
var templates embed.FS

// Sources are what the pages are written from.
type Sources struct {
	Controls  control.Registry
	Standards *playbooks.Standards
	Playbooks fs.FS // functions/playbooks: where a control is written and how it is tested
	Lists     fs.FS // playbooks: a folder of lists for each standard
	Court     Court // what an independent judge saw
	Proofs    onaws.Proofs
}

// Pages returns the text of every page by its path below docs.
func Pages(s Sources) (map[string]string, error) {
	proofs, err := readProofs(s.Playbooks)
	if err != nil {
		return nil, err
	}
	var views []controlView
	for _, c := range s.Controls.All() {
		view, err := viewControl(c, s.Standards, proofs[c.ID])
		if err != nil {
			return nil, fmt.Errorf("page of %s: %w", c.ID, err)
		}
		view.Ruling = s.Court.rule(c.ID, view.Own, view.Proof)
		view.AWS = onAWS(s.Proofs, c.ID)
		views = append(views, view)
	}
	standards := viewStandards(s.Controls, s.Standards)
	pages := map[string]string{}
	p := printer{pages: pages}
	for _, v := range views {
		p.print("controls/"+v.ID+".md", "control.md.tmpl", v)
	}
	for _, v := range standards {
		p.print("standards/"+v.Key+".md", "standard.md.tmpl", v)
	}
	p.print("outcomes.md", "outcomes.md.tmpl", viewOutcomes())
	p.print("judge.md", "judge.md.tmpl", s.Court.view(views))
	p.print("controls/README.md", "controls.md.tmpl", apart(views, s.Proofs))
	p.print("standards/README.md", "standards.md.tmpl", standards)
	return pages, p.err
}

// overview is the list of all controls, with playbooks of Salve's own apart.
type overview struct {
	Listed, Own, Apart []controlView
	Proven             string // on AWS
}

func apart(views []controlView, proofs onaws.Proofs) overview {
	o := overview{Proven: proofs.Sentence()}
	for _, v := range views {
		if v.Apart() {
			o.Apart = append(o.Apart, v)
		}
		if v.Own {
			o.Own = append(o.Own, v)
		} else {
			o.Listed = append(o.Listed, v)
		}
	}
	return o
}

// printer fills templates until one fails.
type printer struct {
	pages map[string]string
	err   error
}

func (p *printer) print(path, name string, data any) {
	if p.err != nil {
		return
	}
	funcs := template.FuncMap{"code": code, "cell": cell}
	t, err := template.New(name).Funcs(funcs).ParseFS(templates, "templates/"+name)
	if err != nil {
		p.err = fmt.Errorf("read template: %w", err)
		return
	}
	var b strings.Builder
	if err := t.Execute(&b, data); err != nil {
		p.err = fmt.Errorf("write %s: %w", path, err)
		return
	}
	p.pages[path] = b.String()
}

// code shows names as Markdown shows code, with commas between them.
func code(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return "`" + strings.Join(names, "`, `") + "`"
}

// cell keeps a text inside its column of a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
