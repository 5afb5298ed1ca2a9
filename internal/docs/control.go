package docs

import (
	"fmt"
	"strings"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/policy"
	"github.com/salve-security/salve/playbooks"
)

// controlView is a control as its page shows it.
type controlView struct {
	control.Info
	Reads, Writes, Undo []string
	Policy              string // of a fix
	Settles, Locks      string
	Names               []nameView
	Set                 []paramView
	Stays               []stay
	Asks                bool   // even where the mode is auto
	Own                 bool   // a playbook that no standard knows
	Lasting             string // why undo takes nothing back, where that holds for all of the change
	Proof               proof
	Ruling              ruling
	AWS                 string // where it was proven on AWS
}

// WritesAs is the name of the role that writes.
func (v controlView) WritesAs() (string, error) {
	role, err := policy.RoleOf(v.Role)
	if err != nil {
		return "", fmt.Errorf("%s: %w", v.ID, err)
	}
	return role.Name, nil
}

// nameView is the name that a standard gives a control.
type nameView struct{ Key, Title, ID string }

// paramView is a parameter with what it takes.
type paramView struct{ Name, Meaning, Default, Takes string }

// stay is a part that undo leaves as it is.
type stay struct{ Path, Why string }

func viewControl(c control.Control, standards *playbooks.Standards, p proof) (controlView, error) {
	v := controlView{Info: c.Info, Settles: settles(c.Info), Proof: p, Undo: c.UndoActions, Own: control.Own(c.ID)}
	v.Proof.Skipped = spare(p.Skipped, c.Info)
	v.Reads, v.Writes = split(c.Actions)
	v.Lasting = c.OneWay[control.Everything]
	v.Asks = c.Impact == control.ImpactDestructive
	var err error
	if v.Policy, err = session(c.Info, c.Actions); err != nil {
		return v, err
	}
	if v.Locks, err = locks(c.Info); err != nil {
		return v, err
	}
	known, _ := standards.Control(c.ID)
	for _, n := range known.Names {
		s, _ := standards.Standard(n.Standard)
		v.Names = append(v.Names, nameView{Key: s.Key, Title: s.Name + " " + s.Version, ID: n.ID})
	}
	for _, p := range c.Params {
		v.Set = append(v.Set, viewParam(p))
	}
	for _, path := range sortedKeys(c.OneWay) {
		v.Stays = append(v.Stays, stay{Path: path, Why: c.OneWay[path]})
	}
	return v, nil
}

// split tells actions that only read from those that change something.
func split(actions []string) (reads, writes []string) {
	for _, a := range actions {
		if control.Reading(a) {
			reads = append(reads, a)
		} else {
			writes = append(writes, a)
		}
	}
	return reads, writes
}

func settles(i control.Info) string {
	text := "at once: a fresh read within 10 seconds must show it"
	if s := i.Settle; s.Within > 0 {
		text = fmt.Sprintf("mostly after %s, at most after %s; until then the run waits without a process",
			span(s.Typical), span(s.Within))
	}
	for _, path := range sortedKeys(i.Waits) {
		in, _, _ := strings.Cut(path, "/")
		text += fmt.Sprintf("; within %s where it takes %s NAME, which the plan shows as `%s.NAME`",
			span(i.Waits[path].Within), i.Waits[path].For, in)
	}
	return text
}

func viewParam(p control.Param) paramView {
	v := paramView{Name: p.Name, Meaning: p.Meaning, Default: "`" + compact(p.Default) + "`"}
	switch p.Default.(type) {
	case bool:
		v.Takes = "true or false"
	case int:
		v.Takes = "a whole number"
	case []int:
		v.Takes = "whole numbers with commas between them"
	case []string:
		v.Takes = "texts with commas between them"
	default:
		v.Takes = "a text"
	}
	if p.Min != 0 || p.Max != 0 {
		v.Takes += fmt.Sprintf(", %d to %d", p.Min, p.Max)
	}
	if p.Form != "" {
		v.Takes = p.Form
	} else if p.Pattern != nil {
		v.Takes += " that matches `" + p.Pattern.String() + "`"
	}
	return v
}
