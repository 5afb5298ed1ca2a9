package securityhub

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// The documented limits of a filter.
const (
	maxAttributes = 10
	maxConditions = 20
)

// matcher decides about a finding.
type matcher func(finding document) bool

// parseFilters compiles AwsSecurityFindingFilters. A finding matches when every attribute does.
func parseFilters(filters map[string]json.RawMessage, now time.Time) (matcher, error) {
	maps.DeleteFunc(filters, func(_ string, raw json.RawMessage) bool { return string(raw) == "null" })
	if len(filters) > maxAttributes {
		return nil, invalidInput("Filters may name %d attributes, not %d", maxAttributes, len(filters))
	}
	var all []matcher
	for _, name := range slices.Sorted(maps.Keys(filters)) {
		found, ok := attributeOf(name)
		if !ok {
			return nil, invalidInput("%s is not an attribute to filter findings by", name)
		}
		match, err := parseAttribute(found, filters[name], now)
		if err != nil {
			return nil, invalidInput("Invalid parameter: Filters.%s: %v", name, err)
		}
		all = append(all, match)
	}
	return func(finding document) bool {
		return !slices.ContainsFunc(all, func(match matcher) bool { return !match(finding) })
	}, nil
}

// parseAttribute compiles the filters of one attribute by its kind.
func parseAttribute(a attribute, raw json.RawMessage, now time.Time) (matcher, error) {
	switch a.kind {
	case kindMap:
		return parseMap(a.path, raw)
	case kindDate:
		return either(a.path, raw, func(c dateCondition) (func(any) bool, error) { return c.compile(now) })
	case kindNumber:
		return either(a.path, raw, numberCondition.compile)
	case kindBoolean:
		return either(a.path, raw, booleanCondition.compile)
	case kindIP:
		return either(a.path, raw, ipCondition.compile)
	case kindKeyword:
		return parseKeyword(raw)
	case kindString:
		return parseString(a.path, raw)
	}
	return nil, fmt.Errorf("the lab has no filter of kind %d", a.kind)
}

// conditions parses the list of an attribute within its limits.
func conditions[C any](raw json.RawMessage) ([]C, error) {
	var list []C
	if err := unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("should be a list of filters: %w", err)
	}
	if len(list) == 0 || len(list) > maxConditions {
		return nil, fmt.Errorf("should hold 1 to %d filters, not %d", maxConditions, len(list))
	}
	return list, nil
}

// either compiles conditions of which any one has to hold for any one value.
func either[C any](path string, raw json.RawMessage, compile func(C) (func(any) bool, error)) (matcher, error) {
	list, err := conditions[C](raw)
	if err != nil {
		return nil, err
	}
	var tests []func(any) bool
	for _, condition := range list {
		test, err := compile(condition)
		if err != nil {
			return nil, err
		}
		tests = append(tests, test)
	}
	return func(finding document) bool {
		return slices.ContainsFunc(finding.values(path), func(value any) bool {
			return slices.ContainsFunc(tests, func(test func(any) bool) bool { return test(value) })
		})
	}, nil
}

// parseKeyword matches a word anywhere in the texts of a finding.
func parseKeyword(raw json.RawMessage) (matcher, error) {
	list, err := conditions[struct{ Value string }](raw)
	if err != nil {
		return nil, err
	}
	for _, keyword := range list {
		if keyword.Value == "" {
			return nil, fmt.Errorf("a keyword needs a Value")
		}
	}
	return func(finding document) bool {
		for _, keyword := range list {
			if mentions(map[string]any(finding), keyword.Value) {
				return true
			}
		}
		return false
	}, nil
}

// mentions searches values, not names: a keyword must not match every finding because a field is called so.
func mentions(value any, word string) bool {
	switch typed := value.(type) {
	case string:
		return strings.Contains(typed, word)
	case []any:
		return slices.ContainsFunc(typed, func(element any) bool { return mentions(element, word) })
	case map[string]any:
		for _, element := range typed {
			if mentions(element, word) {
				return true
			}
		}
	}
	return false
}
