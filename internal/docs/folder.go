package docs

import (
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/playbooks"
)

// folderView is a folder of lists as its README shows it.
type folderView struct {
	Title    string
	Versions []versionView
	ByHand   []handView // what no machine fixes
	Controls []string   // that have a playbook and are on one of the lists, each once
}

// versionView is a list and the file it is in.
type versionView struct {
	standardView
	File string
}

// Latest is the key of the newest version.
func (v folderView) Latest() string { return v.Versions[len(v.Versions)-1].Key }

// Folders returns the README of each folder of lists by its path below playbooks.
func Folders(s Sources) (map[string]string, error) {
	dirs, err := fs.ReadDir(s.Lists, ".")
	if err != nil {
		return nil, fmt.Errorf("list the folders of standards: %w", err)
	}
	p := printer{pages: map[string]string{}}
	for _, dir := range dirs {
		if !dir.IsDir() {
			continue
		}
		view, err := viewFolder(s, dir.Name())
		if err != nil {
			return nil, err
		}
		p.print(dir.Name()+"/README.md", "folder.md.tmpl", view)
	}
	return p.pages, p.err
}

func viewFolder(s Sources, dir string) (folderView, error) {
	names, err := fs.Glob(s.Lists, dir+"/*.yaml")
	if err != nil || len(names) == 0 {
		return folderView{}, fmt.Errorf("no lists in playbooks/%s: %w", dir, err)
	}
	sub, err := fs.Sub(s.Lists, dir)
	if err != nil {
		return folderView{}, fmt.Errorf("open playbooks/%s: %w", dir, err)
	}
	list, err := playbooks.Read(sub)
	if err != nil {
		return folderView{}, fmt.Errorf("read playbooks/%s: %w", dir, err)
	}
	view := folderView{Title: list[0].Name}
	listed := map[string]bool{}
	for i, standard := range list { // Read goes by the same names
		v := standardView{Standard: standard, Total: len(standard.Controls)}
		v.Rows, v.Covered = viewEntries(s.Controls, standard.Controls)
		view.Versions = append(view.Versions, versionView{standardView: v, File: path.Base(names[i])})
		for _, row := range v.Rows {
			listed[row.Control] = true
		}
	}
	view.Controls = covered(s.Controls, listed)
	return view, view.byHand(list)
}

// handView is a control that people put right by hand.
type handView struct {
	Control string
	playbooks.ByHand
}

// byHand collects what the lists leave to people, each control once.
func (v *folderView) byHand(list []playbooks.Standard) error {
	steps, err := playbooks.ManualSteps()
	if err != nil {
		return fmt.Errorf("manual steps: %w", err)
	}
	seen := map[string]bool{}
	for _, standard := range list {
		for _, e := range standard.Controls {
			by, told := steps[e.Control]
			if e.Mode == playbooks.Auto || e.Mode == playbooks.Approve || !told || seen[e.Control] {
				continue
			}
			seen[e.Control] = true
			v.ByHand = append(v.ByHand, handView{e.Control, by})
		}
	}
	slices.SortFunc(v.ByHand, func(a, b handView) int { return playbooks.CompareControls(a.Control, b.Control) })
	return nil
}

// covered are the controls with a playbook among those listed, in the registry's order.
func covered(controls control.Registry, listed map[string]bool) []string {
	var out []string
	for _, c := range controls.All() {
		if listed[c.ID] {
			out = append(out, c.ID)
		}
	}
	return out
}
