package docs

import (
	"fmt"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/playbooks"
)

// standardView is a standard as its page shows it.
type standardView struct {
	playbooks.Standard
	Rows, Old      []entryView
	Covered, Total int
}

// entryView is one id of a standard.
type entryView struct {
	playbooks.Entry
	Playbook bool
}

func viewStandards(controls control.Registry, standards *playbooks.Standards) []standardView {
	var out []standardView
	for _, key := range standards.Keys() {
		s, _ := standards.Standard(key)
		v := standardView{Standard: s, Total: len(s.Controls)}
		v.Rows, v.Covered = viewEntries(controls, s.Controls)
		v.Old, _ = viewEntries(controls, s.Retired)
		out = append(out, v)
	}
	return out
}

func viewEntries(controls control.Registry, entries []playbooks.Entry) (rows []entryView, covered int) {
	for _, e := range entries {
		_, ok := controls.Get(e.Control)
		if ok {
			covered++
		}
		rows = append(rows, entryView{Entry: e, Playbook: ok})
	}
	return rows, covered
}

// Title is the standard's name with its version.
func (v standardView) Title() string { return v.Name + " " + v.Version }

// Share is the part of the standard that has a playbook.
func (v standardView) Share() string {
	if v.Total == 0 {
		return "0 %"
	}
	return fmt.Sprintf("%d %%", v.Covered*100/v.Total)
}
