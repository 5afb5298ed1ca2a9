package validate

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/plain"
)

var (
	mention = regexp.MustCompile(`\{\{\s*([^{}]+?)\s*\}\}`)
	roleARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(\d{12}|\{\{\s*global:ACCOUNT_ID\s*\}\}):role/.+$`)
)

// globals are the variables that every execution has.
// Source: Systems Manager user guide, Automation system variables.
func globals() []string {
	return []string{
		"automation:EXECUTION_ID", "global:ACCOUNT_ID", "global:AWS_PARTITION", "global:DATE", "global:DATE_TIME",
		"global:REGION",
	}
}

// given are the outputs that an action has without declaring them.
func given(action string) []string {
	switch action {
	case "aws:approve":
		return []string{"ApprovalStatus", "ApproverDecisions"}
	case "aws:executeAutomation":
		return []string{"ExecutionId", "Output", "Status"}
	case "aws:executeScript":
		return []string{"Payload"}
	case "aws:invokeLambdaFunction":
		return []string{"FunctionError", "LogResult", "Payload", "StatusCode"}
	}
	return nil
}

// checker collects what refers to nothing.
type checker struct {
	document
	names    []string // of steps
	outputs  []string // known so far, as step.Output
	problems []Problem
}

// references holds everything a document refers to: parameters, steps, outputs and the role.
func references(d document) []Problem {
	c := &checker{document: d}
	for i, s := range d.Steps {
		if slices.Contains(c.names, s.Name) {
			c.say(fmt.Sprintf("mainSteps[%d].name", i), "there is a step %s already", s.Name)
		}
		c.names = append(c.names, s.Name)
	}
	c.role()
	for i, s := range d.Steps {
		c.step(fmt.Sprintf("mainSteps[%d]", i), s)
	}
	for i, name := range d.Outputs {
		if !slices.Contains(c.outputs, name) {
			c.say(fmt.Sprintf("outputs[%d]", i), "no step has the output %s%s", name, meant(name, c.outputs))
		}
	}
	return c.problems
}

func (c *checker) say(where, format string, args ...any) {
	c.problems = append(c.problems, Problem{Layer: References, Where: where, Message: fmt.Sprintf(format, args...)})
}

// role asks for a role: without one a runbook runs as its caller, in the caller's session.
func (c *checker) role() {
	switch {
	case c.AssumeRole == "":
		c.say("", "assumeRole is missing: the runbook would run as whoever starts it, and end with that session")
	case mention.MatchString(c.AssumeRole) && mention.ReplaceAllString(c.AssumeRole, "") == "":
		c.mentions("assumeRole", c.AssumeRole)
	case !roleARN.MatchString(c.AssumeRole):
		c.say("assumeRole", "%q is neither a parameter nor the ARN of a role", c.AssumeRole)
	}
}

func (c *checker) step(where string, s step) {
	c.mentions(where+".inputs", s.Inputs)
	c.mentions(where+".timeoutSeconds", s.Timeout)
	c.mentions(where+".maxAttempts", s.Attempts)
	c.mentions(where+".isEnd", s.End)
	c.mentions(where+".isCritical", s.Critical)
	c.leads(where+".nextStep", s.NextStep)
	for field, value := range map[string]string{"onFailure": s.OnFailure, "onCancel": s.OnCancel} {
		if target, ok := strings.CutPrefix(value, "step:"); ok {
			c.leads(where+"."+field, strings.TrimSpace(target))
		}
	}
	if s.Action == "aws:branch" {
		c.branch(where+".inputs", s.Inputs)
	}
	names := given(s.Action)
	for i, out := range s.Outputs {
		if slices.Contains(names, out.Name) && !slices.Contains(given(s.Action), out.Name) {
			c.say(fmt.Sprintf("%s.outputs[%d].Name", where, i), "there is an output %s already", out.Name)
		}
		names = append(names, out.Name)
	}
	for _, name := range names {
		c.outputs = append(c.outputs, s.Name+"."+name)
	}
}

// branch looks where its choices lead.
func (c *checker) branch(where string, inputs map[string]any) {
	if name, ok := inputs["Default"].(string); ok {
		c.leads(where+".Default", name)
	}
	choices, _ := inputs["Choices"].([]any) // its shape was looked at
	for i, one := range choices {
		if choice, ok := one.(map[string]any); ok {
			c.leads(fmt.Sprintf("%s.Choices[%d].NextStep", where, i), fmt.Sprint(choice["NextStep"]))
		}
	}
}

// leads holds the name of a step that something goes on with.
func (c *checker) leads(where, name string) {
	if name != "" && !slices.Contains(c.names, name) {
		c.say(where, "there is no step %q%s", name, meant(name, c.names))
	}
}

// mentions holds every {{ name }} in a value, in any depth.
func (c *checker) mentions(where string, value any) {
	switch value := value.(type) {
	case string:
		for _, found := range mention.FindAllStringSubmatch(value, -1) {
			c.mention(where, found[1])
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			c.mentions(where, key)
			c.mentions(where+"."+key, value[key])
		}
	case []any:
		for i, part := range value {
			c.mentions(fmt.Sprintf("%s[%d]", where, i), part)
		}
	}
}

func (c *checker) mention(where, name string) {
	known := slices.Concat(slices.Sorted(maps.Keys(c.Parameters)), globals(), c.outputs)
	for variable := range c.Variables {
		known = append(known, "variable:"+variable)
	}
	step, _, ofStep := strings.Cut(name, ".")
	switch {
	case slices.Contains(known, name):
	case ofStep && slices.Contains(c.names, step):
		c.say(where, "step %s has no output %s when this is read%s", step, strings.TrimPrefix(name, step+"."),
			meant(name, c.outputs))
	default:
		c.say(where, "{{ %s }} is no parameter, output or variable%s", name, meant(name, known))
	}
}

// meant is a hint at the nearest of some names, or nothing.
func meant(name string, names []string) string {
	near, _ := plain.Nearest(name, names)
	if near == "" {
		return ""
	}
	return fmt.Sprintf(": did you mean %s?", near)
}
