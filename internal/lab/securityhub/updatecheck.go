package securityhub

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// updateFormat is what a customer may change, with the check of each field.
func updateFormat() map[string]func(value any) string {
	return map[string]func(any) string{
		"Note":              noteProblem,
		"Workflow":          func(value any) string { return onlyEnum("Workflow", "Status", value, workflowStatuses()) },
		"Severity":          severityProblem,
		"Confidence":        func(value any) string { return ratioProblem("Confidence", value) },
		"Criticality":       func(value any) string { return ratioProblem("Criticality", value) },
		"Types":             typeListProblem,
		"RelatedFindings":   relatedProblem,
		"VerificationState": func(value any) string { return enumProblem("VerificationState", value, verificationStates()) },
		"UserDefinedFields": func(value any) string { return texts("UserDefinedFields", value, userFieldSize()) },
	}
}

// checkUpdate refuses a whole request for one bad field. An update of nothing is refused as well: the lab would have
// to announce a change that is none.
func checkUpdate(fields document) error {
	maps.DeleteFunc(fields, func(_ string, value any) bool { return value == nil })
	if len(fields) == 0 {
		return invalidInput("the request changes no field: give a Note, a Workflow or another field to update")
	}
	format := updateFormat()
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		check, ok := format[name]
		if !ok {
			return invalidInput("%s is not a field that BatchUpdateFindings can change", name)
		}
		if problem := check(fields[name]); problem != "" {
			return invalidInput("Invalid parameter: %s", problem)
		}
	}
	return nil
}

// noteProblem also refuses UpdatedAt, which Security Hub sets itself.
func noteProblem(value any) string {
	note, _ := value.(map[string]any)
	return cmp.Or(
		textProblem("Note.Text", note["Text"], 512),
		textProblem("Note.UpdatedBy", note["UpdatedBy"], 512),
		unknownProblem("Note", note, "Text", "UpdatedBy"),
	)
}

// severityProblem checks the three fields of a severity that a customer can set.
func severityProblem(value any) string {
	severity, ok := value.(map[string]any)
	if !ok {
		return "Severity should be object"
	}
	problem := unknownProblem("Severity", severity, "Label", "Normalized", "Product")
	if name := severity["Label"]; name != nil {
		problem = cmp.Or(problem, enumProblem("Severity.Label", name, severityLabels()))
	}
	if number := severity["Normalized"]; number != nil {
		problem = cmp.Or(problem, ratioProblem("Severity.Normalized", number))
	}
	if _, isNumber := severity["Product"].(json.Number); severity["Product"] != nil && !isNumber {
		problem = cmp.Or(problem, "Severity.Product should be number")
	}
	return problem
}

// typeListProblem checks number and form of finding types.
func typeListProblem(value any) string {
	types, ok := value.([]any)
	if !ok || len(types) > 50 {
		return "Types should be a list of at most 50 items"
	}
	return typesProblem("Types", types)
}

// relatedProblem checks references to other findings; whether these exist is not looked at.
func relatedProblem(value any) string {
	related, ok := value.([]any)
	if !ok || len(related) < 1 || len(related) > 10 {
		return "RelatedFindings should be a list of 1 to 10 items"
	}
	for index, element := range related {
		fields, _ := element.(map[string]any)
		path := fmt.Sprintf("RelatedFindings[%d]", index)
		problem := cmp.Or(textProblem(path+".Id", fields["Id"], 512),
			textProblem(path+".ProductArn", fields["ProductArn"], 2048))
		if problem != "" {
			return problem
		}
	}
	return ""
}

// ratioProblem words the refusal of a score.
func ratioProblem(path string, value any) string {
	if !isRatio(value) {
		return path + " should be an integer from 0 to 100"
	}
	return ""
}

// enumProblem words the refusal of an unknown value.
func enumProblem(path string, value any, allowed []string) string {
	if text, ok := value.(string); !ok || !slices.Contains(allowed, text) {
		return path + " should be one of " + strings.Join(allowed, ", ")
	}
	return ""
}

// onlyEnum checks an object with a single field of known values.
func onlyEnum(path, field string, value any, allowed []string) string {
	object, _ := value.(map[string]any)
	return cmp.Or(enumProblem(path+"."+field, object[field], allowed), unknownProblem(path, object, field))
}

// unknownProblem refuses fields that AWS would not know, so that a typing error does not look like success.
func unknownProblem(path string, object map[string]any, known ...string) string {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(known, name) {
			return path + "." + name + " is not known"
		}
	}
	return ""
}
