package securityhub

import (
	"encoding/json"
	"maps"
	"strconv"
)

// normalized is the number that stands for a severity label.
func normalized(label string) int {
	return map[string]int{"LOW": 1, "MEDIUM": 40, "HIGH": 70, "CRITICAL": 90}[label]
}

// label is the severity that a number stands for.
func label(normalized int64) string {
	switch {
	case normalized >= 90:
		return "CRITICAL"
	case normalized >= 70:
		return "HIGH"
	case normalized >= 40:
		return "MEDIUM"
	case normalized >= 1:
		return "LOW"
	default:
		return "INFORMATIONAL"
	}
}

// fillSeverity derives the label or the number from the other one.
func fillSeverity(severity map[string]any) map[string]any {
	full := maps.Clone(severity)
	name, hasLabel := full["Label"].(string)
	number, hasNumber := full["Normalized"].(json.Number)
	switch {
	case hasLabel && !hasNumber:
		full["Normalized"] = json.Number(strconv.Itoa(normalized(name)))
	case !hasLabel:
		whole, err := number.Int64()
		if err != nil {
			whole = 0 // neither was given, or it was no number
		}
		full["Label"], full["Normalized"] = label(whole), json.Number(strconv.FormatInt(whole, 10))
	}
	return full
}
