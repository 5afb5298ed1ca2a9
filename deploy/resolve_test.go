package deploy_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// stack is a template with parameters, as CloudFormation would see it. References to resources stay readable:
// <Resource> and <Resource.Attribute>.
type stack struct {
	t      *testing.T
	tree   template
	values map[string]string
}

// nothing stands for AWS::NoValue until the key or item that holds it is left out.
type nothing struct{}

func newStack(t *testing.T, text string, parameters map[string]string) stack {
	t.Helper()
	s := stack{t: t, tree: parse(t, text), values: map[string]string{
		"AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com",
		"AWS::Region": "eu-central-1", "AWS::AccountId": "111111111111",
	}}
	for name, declared := range object(t, s.tree, "Parameters") {
		s.values[name] = "given"
		if preset, ok := object(t, declared)["Default"]; ok {
			s.values[name] = fmt.Sprint(preset)
		}
	}
	maps.Copy(s.values, parameters)
	return s
}

// resources returns what the stack would create, with every function applied.
func (s stack) resources() map[string]any {
	s.t.Helper()
	out := map[string]any{}
	for name, declared := range object(s.t, s.tree, "Resources") {
		m := object(s.t, declared)
		if condition, ok := m["Condition"].(string); ok && !s.holds(condition) {
			continue
		}
		out[name] = s.resolve(m)
	}
	return out
}

// properties returns those of one resource.
func (s stack) properties(resource string) map[string]any {
	s.t.Helper()
	return object(s.t, s.resources(), resource, "Properties")
}

func (s stack) holds(condition string) bool {
	s.t.Helper()
	return s.truth(at(s.t, s.tree, "Conditions", condition))
}

func (s stack) truth(v any) bool {
	s.t.Helper()
	b, ok := s.resolve(v).(bool)
	if !ok {
		s.t.Fatalf("%v is neither true nor false", v)
	}
	return b
}

func (s stack) resolve(v any) any {
	s.t.Helper()
	switch v := v.(type) {
	case []any:
		out := []any{}
		for _, item := range v {
			if r := s.resolve(item); r != (nothing{}) {
				out = append(out, r)
			}
		}
		return out
	case map[string]any:
		if name, argument, ok := function(v); ok {
			return s.call(name, argument)
		}
		out := map[string]any{}
		for key, item := range v {
			if r := s.resolve(item); r != (nothing{}) {
				out[key] = r
			}
		}
		return out
	}
	return v
}

// function is the one that a map stands for. Statements have a Condition too, but never a text.
func function(v map[string]any) (name string, argument any, ok bool) {
	for name, argument = range v {
		_, text := argument.(string)
		ok = name == "Ref" || strings.HasPrefix(name, "Fn::") || name == "Condition" && text
	}
	return name, argument, ok && len(v) == 1
}

func (s stack) call(name string, argument any) any {
	s.t.Helper()
	list, _ := argument.([]any)
	switch name {
	case "Ref":
		return s.ref(argument.(string))
	case "Fn::GetAtt":
		return fmt.Sprintf("<%s.%s>", list[0], list[1])
	case "Fn::Sub":
		return s.subWith(argument, list)
	case "Fn::Join":
		return strings.Join(texts(s.t, s.resolve(list[1])), list[0].(string))
	case "Fn::Split":
		return s.split(list[0].(string), s.resolve(list[1]).(string))
	case "Fn::Select":
		return s.resolve(list[1]).([]any)[int(list[0].(float64))]
	case "Fn::If":
		if s.holds(list[0].(string)) {
			return s.resolve(list[1])
		}
		return s.resolve(list[2])
	case "Condition":
		return s.holds(argument.(string))
	}
	return s.logic(name, list)
}

// logic is what conditions and rules are made of.
func (s stack) logic(name string, list []any) any {
	s.t.Helper()
	switch name {
	case "Fn::Equals":
		return s.resolve(list[0]) == s.resolve(list[1])
	case "Fn::Not":
		return !s.truth(list[0])
	case "Fn::And":
		return !slices.ContainsFunc(list, func(each any) bool { return !s.truth(each) })
	case "Fn::Or":
		return slices.ContainsFunc(list, s.truth)
	case "Fn::Contains":
		return slices.Contains(s.resolve(list[0]).([]any), s.resolve(list[1]))
	}
	s.t.Fatalf("unknown function %s", name)
	return nil
}

func (s stack) ref(name string) any {
	s.t.Helper()
	if name == "AWS::NoValue" {
		return nothing{}
	}
	if v, ok := s.values[name]; ok {
		if declared, ok := object(s.t, s.tree, "Parameters")[name].(map[string]any); ok && declared["Type"] == commaList {
			return s.split(",", v)
		}
		return v
	}
	if _, ok := object(s.t, s.tree, "Resources")[name]; !ok {
		s.t.Fatalf("%s is neither given nor a resource", name)
	}
	return "<" + name + ">"
}

// commaList is the type of a parameter that is a list in one text.
const commaList = "CommaDelimitedList"

func (s stack) split(by, text string) []any {
	var out []any
	for part := range strings.SplitSeq(text, by) {
		out = append(out, part)
	}
	return out
}

// subWith fills in a text, with values of its own where the argument is a list.
func (s stack) subWith(argument any, list []any) string {
	s.t.Helper()
	if list == nil {
		return s.sub(argument.(string))
	}
	inner := s
	inner.values = maps.Clone(s.values)
	for name, v := range list[1].(map[string]any) {
		inner.values[name] = s.resolve(v).(string)
	}
	return inner.sub(list[0].(string))
}

func (s stack) sub(text string) string {
	s.t.Helper()
	return regexp.MustCompile(`\$\{([^}]+)\}`).ReplaceAllStringFunc(text, func(m string) string {
		name := m[2 : len(m)-1]
		if v, ok := s.values[name]; ok {
			return v
		}
		return "<" + name + ">"
	})
}
