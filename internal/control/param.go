package control

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Param is a value that people may set for a control, per configuration or per
// command. The type of its default is the type of every value: int, bool,
// string, []int or []string.
type Param struct {
	Name    string
	Meaning string // one sentence, with the unit
	Default any
	// Min and Max bound an int and each of an []int; both zero bound nothing.
	Min, Max int
	// Pattern is what a string and each of a []string must match; nil accepts all.
	Pattern *regexp.Regexp
	// Form says the pattern in words where it is no sight for people: "a mail address".
	Form string
	// Hub is its name in Security Hub, where that is another in more than the case of letters.
	Hub string
}

// Params are the values that hold for a run, by name. They are read with the
// method of the declared type; a name that is not declared reads as zero.
type Params map[string]any

// Int is the value of an int parameter.
func (p Params) Int(name string) int { v, _ := p[name].(int); return v }

// Bool is the value of a bool parameter.
func (p Params) Bool(name string) bool { v, _ := p[name].(bool); return v }

// Text is the value of a string parameter.
func (p Params) Text(name string) string { v, _ := p[name].(string); return v }

// Ints is a copy of the value of an []int parameter.
func (p Params) Ints(name string) []int { v, _ := p[name].([]int); return slices.Clone(v) }

// Texts is a copy of the value of a []string parameter.
func (p Params) Texts(name string) []string { v, _ := p[name].([]string); return slices.Clone(v) }

// Resolve returns the values that hold when given is what people set: defaults
// for the rest. An error names the parameter and what it takes.
func (i Info) Resolve(given map[string]any) (Params, error) {
	out := i.defaults()
	for name, raw := range given {
		at := slices.IndexFunc(i.Params, func(p Param) bool { return p.Name == name })
		if at < 0 {
			return nil, fmt.Errorf("control %s has no parameter %q: it has %s", i.ID, name, i.paramNames())
		}
		v, err := i.Params[at].value(raw)
		if err != nil {
			return nil, fmt.Errorf("control %s: parameter %s: %w", i.ID, name, err)
		}
		out[name] = v
	}
	return out, nil
}

// defaults are the values that hold where nobody set any.
func (i Info) defaults() Params {
	out := make(Params, len(i.Params))
	for _, p := range i.Params {
		out[p.Name] = p.Default
	}
	return out
}

func (i Info) paramNames() string {
	if len(i.Params) == 0 {
		return "none"
	}
	names := make([]string, len(i.Params))
	for n, p := range i.Params {
		names[n] = p.Name
	}
	return strings.Join(names, ", ")
}

// value brings what YAML, JSON or a flag says into the declared type.
func (p Param) value(raw any) (any, error) {
	switch p.Default.(type) {
	case int:
		return p.number(raw)
	case bool:
		if v, ok := raw.(bool); ok {
			return v, nil
		}
		if v, err := strconv.ParseBool(fmt.Sprint(raw)); err == nil {
			return v, nil
		}
		return nil, fmt.Errorf("is %v: want true or false", raw)
	case string:
		return p.text(raw)
	case []int:
		return list(raw, p.number)
	case []string:
		return list(raw, p.text)
	}
	return nil, fmt.Errorf("is declared with a default of type %T, which parameters cannot have", p.Default)
}

func (p Param) number(raw any) (int, error) {
	if n, ok := raw.(json.Number); ok {
		raw = n.String()
	}
	n, err := strconv.Atoi(fmt.Sprint(raw))
	if err != nil {
		return 0, fmt.Errorf("is %v: want a whole number", raw)
	}
	if (p.Min != 0 || p.Max != 0) && (n < p.Min || n > p.Max) {
		return 0, fmt.Errorf("is %d: want %d to %d", n, p.Min, p.Max)
	}
	return n, nil
}

func (p Param) text(raw any) (string, error) {
	s, ok := raw.(string)
	if !ok {
		return "", fmt.Errorf("is %v: want text", raw)
	}
	if p.Pattern != nil && !p.Pattern.MatchString(s) {
		if p.Form != "" { // such texts may hold what must not be repeated: a token in a URL
			return "", fmt.Errorf("does not fit: want %s", p.Form)
		}
		return "", fmt.Errorf("is %q: want text that matches %s", s, p.Pattern)
	}
	return s, nil
}

// list converts each element; a text is taken as a list with commas, as flags have it.
func list[T any](raw any, each func(any) (T, error)) ([]T, error) {
	var parts []any
	switch v := raw.(type) {
	case string:
		for part := range strings.SplitSeq(v, ",") {
			parts = append(parts, strings.TrimSpace(part))
		}
	case []any:
		parts = v
	case []T:
		for _, part := range v {
			parts = append(parts, part)
		}
	default:
		return nil, fmt.Errorf("is %v: want a list", raw)
	}
	out := make([]T, 0, len(parts))
	for _, part := range parts {
		v, err := each(part)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}
