package control

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Judged are the parameters that Security Hub judges a control by, as a finding carries them: texts by name. Nil is
// not known, empty is none.
type Judged map[string][]string

// Source says who has set a parameter.
type Source string

// The sources, the one that wins first. Without any, the default of the control holds.
const (
	FromCommand       Source = "command line"
	FromConfiguration Source = "configuration"
	FromSecurityHub   Source = "Security Hub"
)

// FromClass is a class of data of the configuration, by its name. It wins over all but the command line.
func FromClass(name string) Source { return Source(classSource + name) }

const classSource = "class "

// class is the name of the class that has set a parameter; false where none has.
func (s Source) class() (string, bool) { return strings.CutPrefix(string(s), classSource) }

// Given are the values of a control's parameters that somebody has set.
type Given struct {
	Command       map[string]any
	Configuration map[string]any
	Judged        Judged
}

// Choice are the values that hold for a run, and where they come from.
type Choice struct {
	Params  Params
	Sources map[string]Source // of those that somebody has set
	// Unknown are the parameters that Security Hub judges by and the control does not have.
	Unknown []string
	// Beneath are the values that would hold if no class had raised them.
	Beneath map[string]Set
}

const (
	maxUnknown     = 5
	maxUnknownName = 60
)

// Choose returns the values that hold: what the command line says over the configuration, over what Security Hub
// judges by, over the defaults. A value of Security Hub's that the control cannot go by is an error, unless something
// that wins is set: with another one, the control would be fixed to what AWS does not ask for.
func (i Info) Choose(given Given) (Choice, error) {
	set := maps.Clone(given.Configuration)
	if set == nil {
		set = map[string]any{}
	}
	maps.Copy(set, given.Command)
	params, err := i.Resolve(set)
	if err != nil {
		return Choice{}, err
	}
	out := Choice{Params: params}
	for name := range set {
		out.source(name, FromConfiguration)
	}
	for name := range given.Command {
		out.source(name, FromCommand)
	}
	for _, name := range slices.Sorted(maps.Keys(given.Judged)) {
		at := slices.IndexFunc(i.Params, func(p Param) bool { return p.is(name) })
		if at < 0 {
			out.unknown(name)
			continue
		}
		p := i.Params[at]
		if out.Sources[p.Name] != "" {
			continue
		}
		if out.Params[p.Name], err = p.judged(given.Judged[name]); err != nil {
			return Choice{}, fmt.Errorf("control %s: parameter %s, as it is set in Security Hub: %w; change it there, or "+
				"set it in Salve's configuration", i.ID, p.Name, err)
		}
		out.source(p.Name, FromSecurityHub)
	}
	return out, nil
}

// is tells that Security Hub means the parameter by a name. Its own pages spell some in both ways.
func (p Param) is(name string) bool {
	return strings.EqualFold(p.Name, name) || p.Hub != "" && strings.EqualFold(p.Hub, name)
}

// judged brings what Security Hub says into the declared type. It has lists of texts for everything.
func (p Param) judged(texts []string) (any, error) {
	switch p.Default.(type) {
	case []int, []string:
		if len(texts) == 1 {
			if texts[0] == "" {
				return p.value([]any{})
			}
			return p.value(texts[0]) // with commas, perhaps
		}
		list := make([]any, len(texts))
		for n, text := range texts {
			list[n] = text
		}
		return p.value(list)
	}
	if len(texts) != 1 {
		return nil, fmt.Errorf("has %d values: want one", len(texts))
	}
	return p.value(texts[0])
}

func (s *Choice) source(name string, from Source) {
	if s.Sources == nil {
		s.Sources = map[string]Source{}
	}
	s.Sources[name] = from
}

func (s *Choice) unknown(name string) {
	if len(s.Unknown) < maxUnknown {
		short := []rune(visible(name))
		s.Unknown = append(s.Unknown, string(short[:min(len(short), maxUnknownName)]))
	}
}

// Mention says which parameters of Security Hub a control does not go by; empty where there are none.
func Mention(unknown []string) string {
	switch len(unknown) {
	case 0:
		return ""
	case 1:
		return "parameter " + unknown[0] + ", which Security Hub judges by and this control does not have"
	}
	return "parameters " + strings.Join(unknown, ", ") + ", which Security Hub judges by and this control does not have"
}

// Chosen are the values that are not the defaults, or that a class has raised, as texts; nil where there are none.
func (i Info) Chosen(params Params, raised map[string]string) map[string]string {
	var out map[string]string
	for _, p := range i.Params {
		// As text, because values from storage have other types.
		v, ok := params[p.Name]
		if _, up := raised[p.Name]; !ok || !up && Text(v) == Text(p.Default) {
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		out[p.Name] = Text(v)
	}
	return out
}
