package gate

import (
	"fmt"

	"github.com/salve-security/salve/internal/plain"
)

// fields are all names the document knows, wherever they stand.
func fields() []string {
	return []string{
		"version", "defaults", "controls", "exceptions", "exceptions_by_tag", "classes", "windows", "freezes", "calendars",
		"name", "limits", "mode", "where",
		"parameters", "release", "covers", "accounts", "resources", "severities", "except", "ous", "regions", "tags",
		"account_tags", "control", "resource",
		"reason",
		"owner", "ticket", "expires",
		"tag",
		"green", "yellow", "red", "unclassified", "days", "from", "to", "tz", "impact", "per_control_per_hour",
		"per_account_per_hour", "stop_after_failures", "attempts", "cooldown", "evaluate_again", "read_per_hour",
	}
}

// meant proposes the field that is nearest to a misspelt one.
func meant(field string) string {
	best, distance := plain.Nearest(field, fields())
	switch {
	case best == "":
		return "remove it"
	case distance == 0:
		return "it belongs elsewhere, or is written in small letters"
	}
	return fmt.Sprintf("did you mean %q?", best)
}
