package cloudwatch

import (
	"encoding/json"
	"path"
	"slices"
	"strings"
)

// cloudwatchService publishes what alarms say.
const cloudwatchService = "cloudwatch.amazonaws.com"

// oneOrMany is a text, or a list of texts, as policies have them.
type oneOrMany []string

// UnmarshalJSON reads both forms.
func (o *oneOrMany) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*o = oneOrMany{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(o))
}

// grant is a statement of a topic's policy, as far as it matters here.
type grant struct {
	Effect            string
	Action, NotAction oneOrMany
	Principal         json.RawMessage
}

// shut tells that a topic's policy lets no alarm of the account publish, whatever the conditions. It is no judge
// of policies: what it cannot tell counts as open.
func shut(policy string) bool {
	var document struct{ Statement []grant }
	if policy == "" || json.Unmarshal([]byte(policy), &document) != nil {
		return false
	}
	return !slices.ContainsFunc(document.Statement, grant.letsAlarms)
}

func (g grant) letsAlarms() bool {
	return g.Effect == "Allow" && (len(g.NotAction) > 0 || slices.ContainsFunc(g.Action, publishes)) && g.toAlarms()
}

func publishes(pattern string) bool {
	ok, err := path.Match(strings.ToLower(pattern), "sns:publish")
	return ok || err != nil
}

// toAlarms tells that a statement may be about CloudWatch: it names it, the account, everybody, or nobody.
func (g grant) toAlarms() bool {
	var by map[string]oneOrMany
	if json.Unmarshal(g.Principal, &by) != nil {
		return true
	}
	return slices.Contains(by["Service"], cloudwatchService) || slices.ContainsFunc(by["AWS"], func(who string) bool {
		return !strings.HasPrefix(who, "arn:") || strings.HasSuffix(who, ":root")
	})
}
