package securityhub

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// first asks check about every path in alphabetical order until there is a problem.
func first[V any](rules map[string]V, check func(path string, rule V) string) string {
	for _, path := range slices.Sorted(maps.Keys(rules)) {
		if problem := check(path, rules[path]); problem != "" {
			return problem
		}
	}
	return ""
}

// timesAndRatios checks time stamps and scores.
func (l limits) timesAndRatios(d document) string {
	for _, path := range l.times {
		for _, value := range d.values(path) {
			text, _ := value.(string)
			if _, err := time.Parse(time.RFC3339Nano, text); err != nil {
				return fmt.Sprintf("data.%s should match format \"date-time\"", path)
			}
		}
	}
	for _, path := range l.ratios {
		for _, value := range d.values(path) {
			if !isRatio(value) {
				return fmt.Sprintf("data.%s should be an integer from 0 to 100", path)
			}
		}
	}
	return ""
}

// isRatio accepts whole numbers from 0 to 100.
func isRatio(value any) bool {
	number, _ := value.(json.Number)
	whole, err := number.Int64()
	return err == nil && whole >= 0 && whole <= 100
}

// everyText checks all texts at a path.
func (d document) everyText(path string, longest int) string {
	for _, value := range d.values(path) {
		if problem := textProblem("data."+path, value, longest); problem != "" {
			return problem
		}
	}
	return ""
}

// textProblem counts characters, not bytes, as AWS does; texts of blanks alone count as empty.
func textProblem(path string, value any, longest int) string {
	text, ok := value.(string)
	switch {
	case !ok:
		return path + " should be string"
	case strings.TrimSpace(text) == "":
		return path + " should NOT be shorter than 1 characters"
	case longest > 0 && utf8.RuneCountInString(text) > longest:
		return fmt.Sprintf("%s should NOT be longer than %d characters", path, longest)
	}
	return ""
}

// everyEnum checks all values at a path against the known ones.
func (d document) everyEnum(path string, allowed []string) string {
	for _, value := range d.values(path) {
		if text, ok := value.(string); !ok || !slices.Contains(allowed, text) {
			return fmt.Sprintf("data.%s should be one of %s", path, strings.Join(allowed, ", "))
		}
	}
	return ""
}

// list checks how many elements a list has; an absent list is fine.
func (d document) list(path string, bounds [2]int) string {
	value := d.at(path)
	if value == nil {
		return ""
	}
	list, ok := value.([]any)
	if !ok || len(list) < bounds[0] || len(list) > bounds[1] {
		return fmt.Sprintf("data.%s should be a list of %d to %d items", path, bounds[0], bounds[1])
	}
	return ""
}

// texts checks a map of texts, which findings use for properties of providers and customers.
func texts(path string, value any, size fieldSize) string {
	if value == nil {
		return ""
	}
	fields, ok := value.(map[string]any)
	if !ok || len(fields) > size.pairs {
		return fmt.Sprintf("data.%s should be an object of at most %d properties", path, size.pairs)
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		problem := cmp.Or(textProblem("key of data."+path, key, size.key),
			textProblem("data."+path+"."+key, fields[key], size.value))
		if problem != "" {
			return problem
		}
	}
	return ""
}

// resourcesProblem checks the two fields that every resource needs.
func resourcesProblem(d document) string {
	resources, _ := d["Resources"].([]any)
	for index, resource := range resources {
		fields, ok := resource.(map[string]any)
		if !ok || fields["Type"] == nil || fields["Id"] == nil {
			return fmt.Sprintf("data.Resources[%d] should have required properties 'Type' and 'Id'", index)
		}
	}
	return ""
}

// typesProblem checks the namespace/category/classifier form of finding types.
func typesProblem(path string, types []any) string {
	namespaces := []string{
		"Software and Configuration Checks", "TTPs", "Effects", "Unusual Behaviors", "Sensitive Data Identifications",
	}
	for _, value := range types {
		text, _ := value.(string)
		namespace, _, _ := strings.Cut(text, "/")
		if !slices.Contains(namespaces, namespace) || strings.Count(text, "/") > 2 {
			return fmt.Sprintf("data.%s should be namespace/category/classifier with a known namespace", path)
		}
	}
	return ""
}

// accountProblem checks the form of an account id.
func accountProblem(account string) string {
	if !regexp.MustCompile(`^\d{12}$`).MatchString(account) {
		return "data.AwsAccountId should be 12 digits"
	}
	return ""
}
