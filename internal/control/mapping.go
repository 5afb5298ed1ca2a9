package control

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Mapping hands the change of a control to a runbook that is not Salve's: one that AWS owns, one of the company, or
// one that another account shares. It is part of the configuration, and what a run stores of it.
type Mapping struct {
	// Document is its name, or the ARN of one that another account shares, in which {{ partition }} and {{ region }}
	// stand for those of the resource.
	Document string `json:"document" yaml:"document"`
	// Content is the hash of the content that somebody has looked at, as `salve runbooks show` prints it: hex SHA-256.
	Content string `json:"content,omitempty" yaml:"content"`
	// WhenChanged is WhenChangedRun where another content than that runs too; empty where it is refused.
	WhenChanged string `json:"when_changed,omitempty" yaml:"when_changed"`
	// Role is the name of the member's role that the runbook runs as, below names.UserRoles.
	Role string `json:"role" yaml:"role"`
	// Resource is a pattern for the whole of the resource's id. Its named groups are fields: (?P<cluster>[a-z]+) is
	// resource.cluster. It may be empty where Salve has a playbook, which knows its resources.
	Resource string `json:"resource,omitempty" yaml:"resource"`
	// Parameters are the runbook's, each with its values: texts in which {{ FIELD }} stands for a field.
	Parameters map[string]Values `json:"parameters,omitempty" yaml:"parameters"`
	// Proof is an output by which the runbook proves that the resource is compliant, where Salve cannot read that.
	Proof *Proof `json:"proof,omitempty" yaml:"proof"`
	// NoWayBack is NoWayBackAccepted where a run may happen without asking although nothing takes it back.
	NoWayBack string `json:"no_way_back,omitempty" yaml:"no_way_back"`
	// Impact is what people notice; empty is the playbook's own, or that it interrupts.
	Impact Impact `json:"impact,omitempty" yaml:"impact"`
	// Typical is how long it takes, and Within its limit, as in 5m; empty are mappedTypical and mappedWithin.
	Typical string `json:"typical,omitempty" yaml:"typical"`
	Within  string `json:"within,omitempty" yaml:"within"`
}

// Words that say yes to what is refused otherwise.
const (
	WhenChangedRun    = "run"
	NoWayBackAccepted = "accepted"
)

// Proof is an output of a runbook's step and the value that proves the end state.
type Proof struct {
	Output string `json:"output" yaml:"output"` // STEP.NAME
	Equals string `json:"equals" yaml:"equals"`
}

// How long a mapped runbook takes where nobody says.
const (
	mappedTypical = time.Minute
	mappedWithin  = time.Hour
	longestMapped = 7 * 24 * time.Hour
)

// Settle is how long the runbook takes, as far as that can be read.
func (m Mapping) Settle() Settle {
	s := Settle{Typical: mappedTypical, Within: mappedWithin}
	if d, err := time.ParseDuration(m.Typical); err == nil {
		s.Typical = d
	}
	if d, err := time.ParseDuration(m.Within); err == nil {
		s.Within = d
	}
	return s
}

// Values are the values of a runbook's parameter; one may be written without a list.
type Values []string

// UnmarshalJSON reads a text or a list of texts.
func (v *Values) UnmarshalJSON(content []byte) error {
	return v.read(func(to any) error { return json.Unmarshal(content, to) })
}

// UnmarshalYAML reads a text or a list of texts.
func (v *Values) UnmarshalYAML(decode func(any) error) error { return v.read(decode) }

func (v *Values) read(decode func(any) error) error {
	var raw any
	if err := decode(&raw); err != nil {
		return fmt.Errorf("read the values of a parameter: %w", err)
	}
	list, isList := raw.([]any)
	if !isList {
		list = []any{raw}
	}
	*v = make(Values, 0, len(list))
	for _, one := range list {
		text, ok := one.(string)
		if !ok {
			return fmt.Errorf("%v is no text: write it in quotes", one)
		}
		*v = append(*v, text)
	}
	return nil
}

// The fields that every mapping has: what a finding's proven identity says, and nothing of its text.
const (
	fieldAccount   = "account"
	fieldRegion    = "region"
	fieldPartition = "partition"
	fieldResource  = "resource"
	fieldName      = "name" // by which the control's playbook calls the resource
)

// Fields are the names of the fields that the parameters may use, sorted. Own tells that Salve has a playbook.
func (m Mapping) Fields(own bool) []string {
	out := []string{fieldAccount, fieldRegion, fieldPartition, fieldResource}
	if own {
		out = append(out, fieldName)
	}
	if of, err := m.pattern(); err == nil && m.Resource != "" {
		for _, group := range of.SubexpNames() {
			if group != "" {
				out = append(out, fieldResource+"."+group)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// pattern is the mapping's own, for the whole of a resource's id; one that accepts all where it has none.
func (m Mapping) pattern() (*regexp.Regexp, error) {
	if m.Resource == "" {
		return regexp.MustCompile(`^(.*)$`), nil
	}
	_, err := regexp.Compile(m.Resource) // by itself, so that no parenthesis of it closes ours
	of, whole := regexp.Compile(`^(` + m.Resource + `)$`)
	if err = cmp.Or(err, whole); err != nil {
		return nil, fmt.Errorf("read the pattern %q: %w", m.Resource, err)
	}
	return of, nil
}

// Pattern is the mapping's pattern as a control has it; its first group is the whole id.
func (m Mapping) Pattern() (*regexp.Regexp, error) { return m.pattern() }

// Fill returns the parameters for a target, which the control calls by name. An error names what does not fit.
func (m Mapping) Fill(t Target, name string) (map[string][]string, error) {
	of, err := m.pattern()
	if err != nil {
		return nil, err
	}
	found := of.FindStringSubmatch(t.Resource)
	if found == nil {
		return nil, fmt.Errorf("resource %s does not match %s, the pattern of its runbook in the configuration",
			t.Resource, m.Resource)
	}
	fields := map[string]string{
		fieldAccount: t.Account, fieldRegion: t.Region, fieldPartition: t.Partition, fieldResource: t.Resource,
		fieldName: name,
	}
	for i, group := range of.SubexpNames() {
		if group != "" {
			fields[fieldResource+"."+group] = found[i]
		}
	}
	out := make(map[string][]string, len(m.Parameters))
	for parameter, values := range m.Parameters {
		for _, value := range values {
			text, err := expand(value, fields)
			if err != nil {
				return nil, fmt.Errorf("parameter %s: %w", parameter, err)
			}
			out[parameter] = append(out[parameter], text)
		}
	}
	return out, nil
}

// At is where the document stands for a target.
func (m Mapping) At(t Target) (string, error) {
	return expand(m.Document, map[string]string{fieldRegion: t.Region, fieldPartition: t.Partition})
}

// placeholder is how a template names a field.
var placeholder = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_.]+)\s*\}\}`)

// expand fills a template. What is filled in must not be read as a template in turn: SSM Automation would replace it,
// by a parameter of the account for instance.
func expand(template string, fields map[string]string) (string, error) {
	var bad error
	text := placeholder.ReplaceAllStringFunc(template, func(found string) string {
		field := placeholder.FindStringSubmatch(found)[1]
		value, known := fields[field]
		switch {
		case !known:
			bad = fmt.Errorf("%q is no field", field)
		case value == "":
			bad = fmt.Errorf("%s is empty", field)
		case strings.Contains(value, "{{") || strings.Contains(value, "}}") || visible(value) != value:
			bad = fmt.Errorf("%s has characters that no runbook is given", field)
		}
		return value
	})
	if bad == nil && strings.Contains(placeholder.ReplaceAllString(template, ""), "{{") {
		bad = fmt.Errorf("%q has braces that name no field", template)
	}
	if bad == nil && strings.Contains(text, "{{") { // those of a value met those beside it
		bad = fmt.Errorf("%q has braces beside a field that begins with one", template)
	}
	return text, bad
}
