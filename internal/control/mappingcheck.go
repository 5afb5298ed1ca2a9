package control

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/fault"
)

// MappingProblem is something wrong with a mapping.
type MappingProblem struct {
	Field string // such as parameters.BucketName; empty for the whole
	Text  string // what is wrong
	Fix   string // what to write instead
}

var (
	documentName  = regexp.MustCompile(`^[A-Za-z0-9_.-]{3,128}$`)
	documentARN   = regexp.MustCompile(`^arn:[a-z-]+:ssm:[a-z0-9-]+:[0-9]{12}:document/[A-Za-z0-9_.-]{3,128}$`)
	roleName      = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
	contentHash   = regexp.MustCompile(`^[0-9a-f]{64}$`)
	parameterName = regexp.MustCompile(`^[A-Za-z0-9]{1,64}$`)
	outputName    = regexp.MustCompile(`^[A-Za-z0-9_]{1,128}\.[A-Za-z0-9_]{1,128}$`)
)

// strangers are signs that no name of AWS's is made of; no pattern may accept one of them alone, in whatever number.
const strangers = `"';$|<>{}\` + "`"

// mostSigns is how many of them are tried.
const mostSigns = 64

// anything tells that a pattern accepts what is no id: what passes with that passes with anything.
func anything(of *regexp.Regexp) bool {
	for _, sign := range strangers {
		for n := range mostSigns {
			if of.MatchString(strings.Repeat(string(sign), n)) {
				return true
			}
		}
	}
	return of.MatchString(stranger)
}

// stranger is an id that is none as well.
const stranger = `a b"c'd;e$(f)|g` + "`h`" + `{i}\j`

// ownPrefix begins the names of Salve's own documents, in any case of letters: SSM tells names apart by it.
const ownPrefix = "salve-"

// Check finds what is wrong with a mapping for a control. Own tells that Salve has a playbook for it, and Info is then
// the playbook's declaration.
func (m Mapping) Check(i Info, own bool) []MappingProblem {
	var out []MappingProblem
	add := func(field, text, fix string) { out = append(out, MappingProblem{field, text, fix}) }
	m.checkDocument(add)
	if !roleName.MatchString(m.Role) {
		add("role", fmt.Sprintf("is %q", m.Role), "name the role that the runbook runs as, without its path /salve/user/")
	}
	m.checkResource(own, add)
	m.checkParameters(i, own, add)
	m.checkProof(own, add)
	if m.NoWayBack != "" && m.NoWayBack != NoWayBackAccepted {
		add("no_way_back", fmt.Sprintf("is %q", m.NoWayBack), "write accepted, or remove it: then runs wait for approval")
	}
	if !slices.Contains([]Impact{"", ImpactNone, ImpactInterrupts, ImpactDestructive}, m.Impact) {
		add("impact", fmt.Sprintf("is %q", m.Impact), "write none, interrupts or destructive")
	}
	m.checkTimes(add)
	return out
}

type addProblem func(field, text, fix string)

func (m Mapping) checkDocument(add addProblem) {
	example, err := m.At(Target{Partition: "aws", Region: "eu-west-1"})
	_, bare, _ := strings.Cut(example, ":document/")
	switch {
	case err != nil:
		add("document", err.Error(), "use {{ partition }} and {{ region }}, and only in the ARN of a document")
	case strings.HasPrefix(strings.ToLower(example), ownPrefix), strings.HasPrefix(strings.ToLower(bare), ownPrefix):
		add("document", "is one of Salve's own", "the control that it belongs to runs it without a mapping")
	case !documentName.MatchString(example) && !documentARN.MatchString(example):
		add("document", fmt.Sprintf("is %q", m.Document),
			"write its name, or the ARN of one that another account shares")
	}
	switch {
	case m.WhenChanged != "" && m.WhenChanged != WhenChangedRun:
		add("when_changed", fmt.Sprintf("is %q", m.WhenChanged), "write run, or remove it: then a changed runbook is refused")
	case m.Content == "" && m.WhenChanged == "":
		add("content", "is missing", "look at the runbook with salve runbooks show NAME --account ID, and write the hash of"+
			" its content, or when_changed: run")
	case m.Content != "" && !contentHash.MatchString(m.Content):
		add("content", fmt.Sprintf("is %q", m.Content), "write 64 hexadecimal digits, as salve runbooks show prints them")
	}
}

func (m Mapping) checkResource(own bool, add addProblem) {
	of, err := m.pattern()
	switch {
	case err != nil:
		add("resource", err.Error(), "write a regular expression in Go's syntax")
	case m.Resource == "" && !own:
		add("resource", "is missing", "write a pattern for the ids of the resources: Salve has no playbook that knows them")
	case m.Resource != "" && anything(of):
		add("resource", "accepts anything", "write what ids look like, such as arn:aws:sns:[a-z0-9-]+:[0-9]{12}:[\\w-]+")
	}
}

func (m Mapping) checkParameters(i Info, own bool, add addProblem) {
	fields := map[string]string{}
	for _, field := range m.Fields(own) {
		fields[field] = "x"
	}
	named := own && i.OfAccount()
	for _, parameter := range slices.Sorted(maps.Keys(m.Parameters)) {
		at := "parameters." + parameter
		if !parameterName.MatchString(parameter) || len(m.Parameters[parameter]) == 0 {
			add(at, "is no parameter with a value", "write NAME: value")
		}
		for _, value := range m.Parameters[parameter] {
			if _, err := expand(value, fields); err != nil {
				add(at, err.Error(), "use "+strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
			}
			for _, found := range placeholder.FindAllStringSubmatch(value, -1) {
				named = named || found[1] == fieldName || strings.HasPrefix(found[1], fieldResource)
			}
		}
	}
	if !named {
		add("parameters", "do not say which resource", "give the runbook {{ resource }} or a part of it")
	}
}

func (m Mapping) checkProof(own bool, add addProblem) {
	switch {
	case m.Proof == nil:
	case own:
		add("proof", "is not needed", "remove it: Salve's playbook reads the resource itself")
	case !outputName.MatchString(m.Proof.Output) || m.Proof.Equals == "":
		add("proof", "is not complete", "write output: STEP.NAME and equals: the value that proves it")
	}
}

func (m Mapping) checkTimes(add addProblem) {
	for field, value := range map[string]string{"typical": m.Typical, "within": m.Within} {
		if d, err := time.ParseDuration(value); value != "" && (err != nil || d <= 0 || d > longestMapped) {
			add(field, fmt.Sprintf("is %q", value), "write a time such as 5m, at most 168h")
			return
		}
	}
	if s := m.Settle(); s.Typical > s.Within {
		add("within", "is shorter than typical", "write the time after which the run counts as failed")
	}
}

// Sound is the first problem as an error, for a mapping that was stored by another release.
func (m Mapping) Sound(i Info, own bool) error {
	if all := m.Check(i, own); len(all) > 0 {
		return fault.New(fault.Refused, "the runbook of the configuration does not fit: %s %s: %s",
			all[0].Field, all[0].Text, all[0].Fix)
	}
	return nil
}
