package securityhub

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Comparisons of string and map filters.
const (
	equals          = "EQUALS"
	prefix          = "PREFIX"
	contains        = "CONTAINS"
	notEquals       = "NOT_EQUALS"
	prefixNotEquals = "PREFIX_NOT_EQUALS"
	notContains     = "NOT_CONTAINS"
)

// textCondition is a StringFilter or, with a Key, a MapFilter.
type textCondition struct{ Key, Value, Comparison string }

// negative conditions exclude findings, the others select them.
func (c textCondition) negative() bool {
	return c.Comparison == notEquals || c.Comparison == prefixNotEquals || c.Comparison == notContains
}

// hit says whether a value has what the condition mentions, wanted or not.
func (c textCondition) hit(value string) bool {
	switch c.Comparison {
	case prefix, prefixNotEquals:
		return strings.HasPrefix(value, c.Value)
	case contains, notContains:
		return strings.Contains(value, c.Value)
	default:
		return value == c.Value
	}
}

// textConditions parses conditions of one attribute with the comparisons allowed for it.
func textConditions(raw json.RawMessage, allowed ...string) ([]textCondition, error) {
	list, err := conditions[textCondition](raw)
	if err != nil {
		return nil, err
	}
	for index := range list {
		if list[index].Comparison == "" {
			list[index].Comparison = equals
		}
		if !slices.Contains(allowed, list[index].Comparison) {
			return nil, fmt.Errorf("its Comparison should be one of %s", strings.Join(allowed, ", "))
		}
		if list[index].Value == "" {
			return nil, errors.New("every filter needs a Value")
		}
	}
	return list, combination(list)
}

// combination refuses the mixtures that AWS refuses, because they have no meaning.
func combination(list []textCondition) error {
	uses := func(comparison string) bool {
		return slices.ContainsFunc(list, func(c textCondition) bool { return c.Comparison == comparison })
	}
	if uses(equals) && (uses(notEquals) || uses(prefixNotEquals)) {
		return errors.New("EQUALS cannot be combined with NOT_EQUALS or PREFIX_NOT_EQUALS")
	}
	for _, alone := range []string{contains, notContains} {
		mixed := slices.ContainsFunc(list, func(c textCondition) bool { return c.Comparison != alone })
		if uses(alone) && mixed {
			return fmt.Errorf("%s can only be combined with itself", alone)
		}
	}
	return nil
}

// holds applies AWS's rule: one of the positive conditions, and all of the negative ones. A list matches a positive
// condition with any of its elements and breaks a negative one with any of them.
func holds(list []textCondition, has func(textCondition) bool) bool {
	positive, satisfied := false, false
	for _, condition := range list {
		hit := has(condition)
		if condition.negative() && hit {
			return false
		}
		if !condition.negative() {
			positive, satisfied = true, satisfied || hit
		}
	}
	return satisfied || !positive
}

// parseString compiles the filters of an attribute with one text or a list of them.
func parseString(path string, raw json.RawMessage) (matcher, error) {
	list, err := textConditions(raw, equals, prefix, contains, notEquals, prefixNotEquals, notContains)
	if err != nil {
		return nil, err
	}
	return func(finding document) bool {
		values := finding.values(path)
		return holds(list, func(condition textCondition) bool {
			return slices.ContainsFunc(values, func(value any) bool {
				text, ok := value.(string)
				return ok && condition.hit(text)
			})
		})
	}, nil
}

// parseMap compiles filters on maps of texts. Conditions are joined per key, as a key is the field they are about.
func parseMap(path string, raw json.RawMessage) (matcher, error) {
	list, err := textConditions(raw, equals, contains, notEquals, notContains)
	if err != nil {
		return nil, err
	}
	byKey := map[string][]textCondition{}
	for _, condition := range list {
		if condition.Key == "" {
			return nil, errors.New("every filter needs a Key")
		}
		byKey[condition.Key] = append(byKey[condition.Key], condition)
	}
	return func(finding document) bool {
		values := finding.values(path)
		for key, conditions := range byKey {
			if !holds(conditions, func(c textCondition) bool { return hasEntry(values, key, c) }) {
				return false
			}
		}
		return true
	}, nil
}

// hasEntry looks into every map found, such as the tags of each resource.
func hasEntry(maps []any, key string, condition textCondition) bool {
	return slices.ContainsFunc(maps, func(value any) bool {
		fields, _ := value.(map[string]any)
		text, ok := fields[key].(string)
		return ok && condition.hit(text)
	})
}
