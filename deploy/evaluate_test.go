package deploy_test

import (
	"slices"
	"strings"
	"testing"
)

// request is what IAM decides about: an action on a resource, with the keys that AWS tells of it.
type request struct {
	action, resource string
	keys             map[string]string
}

// forbids tells that a denial of the role holds, whatever else the role is allowed.
func forbids(t *testing.T, all map[string]statement, holder string, r request) bool {
	t.Helper()
	for _, s := range all {
		if s.of(holder) && s.body["Effect"] == "Deny" && applies(t, s.body, r) {
			return true
		}
	}
	return false
}

// applies is what IAM makes of a statement: each of its elements and of its conditions must hold.
func applies(t *testing.T, body map[string]any, r request) bool {
	t.Helper()
	within := func(element, value string) bool {
		list, turned := body[element], false
		if list == nil {
			list, turned = body["Not"+element], true
		}
		found := slices.ContainsFunc(texts(t, list), func(p string) bool { return matches(p, value) })
		return found != turned
	}
	if !within("Action", r.action) || !within("Resource", r.resource) {
		return false
	}
	conditions, _ := body["Condition"].(map[string]any)
	for operator, keys := range conditions {
		for key, values := range object(t, keys) {
			if !holds(t, operator, texts(t, values), r.keys[key]) {
				return false
			}
		}
	}
	return true
}

// holds compares a key of the request; an empty one is not there, and only what is turned round takes it.
func holds(t *testing.T, operator string, values []string, value string) bool {
	t.Helper()
	found := value != "" && slices.ContainsFunc(values, func(p string) bool { return matches(p, value) })
	switch operator {
	case "StringEquals", "StringLike", "ArnEquals", "ArnLike", "Bool", "ForAnyValue:StringLike",
		"ForAllValues:StringEquals", "ForAllValues:StringLike": // of one value, which is always there
		return found
	case "StringNotEquals", "ArnNotEquals", "ForAnyValue:StringNotLike":
		return !found
	case "BoolIfExists":
		return found || value == ""
	case "Null":
		return (value == "") == (strings.ToLower(values[0]) == "true")
	}
	t.Fatalf("unknown operator %s", operator)
	return false
}
