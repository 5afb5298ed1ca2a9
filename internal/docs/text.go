package docs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// compact shows a value as JSON, which is also how people write it in YAML.
func compact(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(raw)
}

// span is a duration in words.
func span(d time.Duration) string {
	count, unit := int(d/time.Second), "second"
	switch day := 24 * time.Hour; {
	case d >= day && d%day == 0:
		count, unit = int(d/day), "day"
	case d > time.Hour && d%time.Hour == 0:
		count, unit = int(d/time.Hour), "hour"
	case d >= time.Minute && d%time.Minute == 0:
		count, unit = int(d/time.Minute), "minute"
	}
	if count != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", count, unit)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// anchor is what follows the # of a control in AWS's user guide.
func anchor(id string) (service, fragment string) {
	id = strings.ToLower(id)
	service, _, _ = strings.Cut(id, ".")
	return service, strings.ReplaceAll(id, ".", "-")
}

// Guide is the control's section of the Security Hub user guide.
func (v controlView) Guide() string {
	service, fragment := anchor(v.ID)
	return "https://docs.aws.amazon.com/securityhub/latest/userguide/" + service + "-controls.html#" + fragment
}

// Decides says what decides that the control failed, with a link where AWS has a page about it.
func (v controlView) Decides() string {
	if v.Fails.Rule == "" || v.Fails.Custom {
		return v.Fails.Behind()
	}
	return "AWS Config rule [" + v.Fails.Rule + "](https://docs.aws.amazon.com/config/latest/developerguide/" +
		v.Fails.Rule + ".html)"
}

// Manual leads to AWS's own steps, by the link that findings carry.
func (v controlView) Manual() string {
	return "https://docs.aws.amazon.com/console/securityhub/" + v.ID + "/remediation"
}

// Commands are what people type for the control, one a line, with what each does.
func (v controlView) Commands() string {
	enabled := "findings of this account act by themselves"
	if v.Asks {
		enabled = "findings of this account ask for approval by themselves"
	}
	lines := [][2]string{
		{"salve plan " + v.ID + " RESOURCE --account ACCOUNT", "what would change; writes nothing"},
		{"salve apply " + v.ID + " RESOURCE --account ACCOUNT --yes", "fix it now"},
		{"salve undo RUN --yes", "take the run back"},
		{"salve enable " + v.ID + " --account ACCOUNT", enabled},
		{"salve disable " + v.ID, "no more, clicks included"},
	}
	lines = slices.DeleteFunc(lines, func(line [2]string) bool {
		return (v.Removes || v.Lasting != "") && strings.HasPrefix(line[0], "salve undo") ||
			v.Identities && strings.HasPrefix(line[0], "salve enable") || // which is mode auto
			v.Own && (strings.HasPrefix(line[0], "salve enable") || strings.HasPrefix(line[0], "salve disable"))
	})
	width := 0
	for _, line := range lines {
		width = max(width, len(line[0]))
	}
	var b strings.Builder
	for _, line := range lines {
		fmt.Fprintf(&b, "%-*s  # %s\n", width, line[0], line[1])
	}
	return b.String()
}
