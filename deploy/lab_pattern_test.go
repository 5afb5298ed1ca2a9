package deploy_test

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
)

// tryPattern puts the pattern of the rule to EventBridge's own test, as the lab implements it.
func tryPattern(t *testing.T, cfg aws.Config) {
	rule, err := json.Marshal(fullHub(t).properties("ImportedRule")["EventPattern"])
	if err != nil {
		t.Fatal(err)
	}
	ours := "arn:aws:securityhub:eu-central-1::product/aws/securityhub"
	foreign := "arn:aws:securityhub:eu-central-1:222222222222:product/222222222222/default"
	for name, c := range map[string]struct {
		product, compliance, workflow, record string
		want                                  bool
	}{
		"new and failed":     {ours, "FAILED", "NEW", "ACTIVE", true},
		"new and a warning":  {ours, "WARNING", "NEW", "ACTIVE", true},
		"passed":             {ours, "PASSED", "NEW", "ACTIVE", false},
		"told of":            {ours, "FAILED", "NOTIFIED", "ACTIVE", false},
		"resolved":           {ours, "FAILED", "RESOLVED", "ACTIVE", false},
		"suppressed":         {ours, "FAILED", "SUPPRESSED", "ACTIVE", false},
		"archived":           {ours, "FAILED", "NEW", "ARCHIVED", false},
		"of another product": {foreign, "FAILED", "NEW", "ACTIVE", false},
	} {
		event, err := json.Marshal(map[string]any{
			"id": "1", "account": "111111111111", "source": "aws.securityhub", "time": "2026-10-02T08:15:30Z",
			"region": "eu-central-1", "resources": []string{}, "detail-type": "Security Hub Findings - Imported",
			"detail": map[string]any{"findings": []any{map[string]any{
				"ProductArn": c.product, "Compliance": map[string]any{"Status": c.compliance},
				"Workflow": map[string]any{"Status": c.workflow}, "RecordState": c.record,
			}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := eventbridge.NewFromConfig(cfg).TestEventPattern(t.Context(), &eventbridge.TestEventPatternInput{
			Event: aws.String(string(event)), EventPattern: aws.String(string(rule)),
		})
		if err != nil || got.Result != c.want {
			t.Errorf("%s: matches %v (%v), want %v", name, got != nil && got.Result, err, c.want)
		}
	}
}
