package docs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp/syntax"
	"strings"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/policy"
)

// Where the sample resource lies.
const (
	sampleAccount = "111111111111"
	sampleRegion  = "us-east-1"
	few           = 3 // characters where a pattern takes many

	arnParts, arnRegion, arnAccount = 6, 3, 4
)

// locks says what runs of the control exclude each other on: a function of the resource, so it is asked about a
// sample.
func locks(i control.Info) (string, error) {
	t, err := target(i, true)
	if err != nil {
		return "", err
	}
	var out []string
	for _, key := range i.LockKeys(t, nil) {
		switch {
		case key == t.Resource:
			out = append(out, "the resource")
		case strings.HasPrefix(t.Resource, key):
			out = append(out, "the resource without its qualifier")
		default:
			out = append(out, "`"+named(t, key)+"`")
		}
	}
	return strings.Join(out, ", "), nil
}

// session is the policy of a run's session on a sample, laid out for people.
func session(i control.Info, actions []string) (string, error) {
	t, err := target(i, false)
	if err != nil {
		return "", err
	}
	narrow, err := i.Limits(t, nil)
	if err != nil {
		return "", err
	}
	text, err := policy.Session(actions, narrow, t.Account, t.Region)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(named(t, text)), "", "  "); err != nil {
		return "", fmt.Errorf("indent policy: %w", err)
	}
	return b.String(), nil
}

// Sample is a resource as the control takes it, made up from its pattern.
func Sample(i control.Info) (control.Target, error) { return target(i, false) }

// target is a sample of what the control works on, with or without the optional parts of its name.
func target(i control.Info, whole bool) (control.Target, error) {
	resource, err := sample(i.Pattern.String(), whole)
	if err != nil {
		return control.Target{}, err
	}
	// A session is refused where an ARN names another account or Region than the target.
	if parts := strings.SplitN(resource, ":", arnParts); len(parts) == arnParts && parts[0] == "arn" {
		for at, value := range map[int]string{arnRegion: sampleRegion, arnAccount: sampleAccount} {
			if parts[at] != "" {
				parts[at] = value
			}
		}
		resource = strings.Join(parts, ":")
	}
	t := control.Target{Account: sampleAccount, Region: sampleRegion, Partition: "aws", Resource: resource}
	if _, ok := i.Name(t); !ok {
		return t, fmt.Errorf("the sample %q does not match the pattern %s", resource, i.Pattern)
	}
	return t, nil
}

// named puts words in the place of what the sample made up.
func named(t control.Target, text string) string {
	return strings.NewReplacer(t.Resource, "RESOURCE", t.Account, "ACCOUNT", t.Region, "REGION").Replace(text)
}

// sample is a short text that the pattern accepts.
func sample(pattern string, whole bool) (string, error) {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", fmt.Errorf("pattern %s: %w", pattern, err)
	}
	w := writer{whole: whole}
	w.write(tree)
	return w.String(), nil
}

type writer struct {
	strings.Builder
	whole bool // optional parts too
}

func (w *writer) write(r *syntax.Regexp) {
	switch r.Op { //nolint:exhaustive // all others have no characters of their own
	case syntax.OpLiteral:
		w.WriteString(string(r.Rune))
	case syntax.OpCharClass:
		w.WriteRune(pick(r.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		w.WriteByte('x')
	case syntax.OpAlternate:
		w.write(r.Sub[0])
	default:
		for range w.times(r) {
			for _, sub := range r.Sub {
				w.write(sub)
			}
		}
	}
}

// times is how often what stands below a part of a pattern is written.
func (w *writer) times(r *syntax.Regexp) int {
	switch {
	case r.Op == syntax.OpStar, r.Op == syntax.OpQuest && !w.whole:
		return 0
	case r.Op == syntax.OpPlus:
		return few
	case r.Op == syntax.OpRepeat && r.Max < 0:
		return max(r.Min, few)
	case r.Op == syntax.OpRepeat:
		return min(max(r.Min, few), r.Max)
	}
	return 1
}

// pick takes an x out of the ranges of a class, else its first character.
func pick(ranges []rune) rune {
	for i := 0; i+1 < len(ranges); i += 2 {
		if ranges[i] <= 'x' && 'x' <= ranges[i+1] {
			return 'x'
		}
	}
	if len(ranges) == 0 {
		return 'x'
	}
	return ranges[0]
}
