package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// rule is a validation of a variable.
type rule struct {
	condition hclwrite.Tokens
	message   string
}

// rules hold the variable to what CloudFormation would refuse, before anything is called.
func (p parameter) rules() ([]rule, error) {
	var out []rule
	add := func(condition, message string) {
		out = append(out, rule{words(p.each(condition)), p.Name + " " + message})
	}
	if len(p.AllowedValues) > 0 {
		var all, names []string
		for _, v := range p.AllowedValues {
			names = append(names, fmt.Sprint(v))
			all = append(all, literal(p.allowed(v)))
		}
		add("contains(["+strings.Join(all, ", ")+"], @)", "is one of "+strings.Join(names, ", ")+".")
	}
	if p.Pattern != "" {
		pattern, err := terraformPattern(p.Pattern)
		if err != nil {
			return nil, fmt.Errorf("parameter %s: %w", p.Name, err)
		}
		// It comes in last, because it may hold the sign that stands for the variable.
		condition := strings.Replace(p.each(`can(regex("", @))`), `""`, literal(cty.StringVal(pattern)), 1)
		out = append(out, rule{words(condition), p.Name + " has the form " + p.Pattern})
	}
	for _, bound := range []struct {
		value           *int64
		condition, says string
	}{
		{p.MinValue, "@ >= %d", "is at least %d."},
		{p.MaxValue, "@ <= %d", "is at most %d."},
		{p.MinLength, "length(@) >= %d", "has at least %d characters."},
		{p.MaxLength, "length(@) <= %d", "has at most %d characters."},
	} {
		if bound.value != nil {
			add(fmt.Sprintf(bound.condition, *bound.value), fmt.Sprintf(bound.says, *bound.value))
		}
	}
	return out, nil
}

// each is a condition on @, which stands for the variable: for a list, CloudFormation holds each item to it.
func (p parameter) each(condition string) string {
	if p.list() {
		return "alltrue([for v in " + p.variable() + " : " + strings.ReplaceAll(condition, "@", "v") + "])"
	}
	return strings.ReplaceAll(condition, "@", p.variable())
}

// mostRepeats is the largest count of Terraform's regular expressions.
const mostRepeats = 1000

// terraformPattern is a pattern of CloudFormation, which means the whole value, for Terraform, whose expressions are
// Go's. An upper count that those do not take is left away: CloudFormation still holds to it.
func terraformPattern(pattern string) (string, error) {
	counts := regexp.MustCompile(`\{(\d+),(\d+)\}`)
	pattern = counts.ReplaceAllStringFunc(pattern, func(count string) string {
		bounds := counts.FindStringSubmatch(count)
		if n, err := strconv.Atoi(bounds[2]); err == nil && n <= mostRepeats {
			return count
		}
		return "{" + bounds[1] + ",}"
	})
	pattern = "^(?:" + pattern + ")$"
	if _, err := regexp.Compile(pattern); err != nil {
		return "", fmt.Errorf("the pattern is none of Terraform's: %w", err)
	}
	return pattern, nil
}
