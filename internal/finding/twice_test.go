package finding_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/finding"
)

// The keys of tags, details and whatever else a customer or a product names are data: two that differ in case, or
// that are the same, neither exempt a resource nor leave a click without an answer.
func TestKeysOfOthersAreData(t *testing.T) {
	twice := map[string]string{
		"tags":                      `"Resources":[{"Tags":{"Name":"a","name":"b"},`,
		"tags, same key":            `"Resources":[{"Tags":{"Name":"a","Name":"b"},`,
		"tags named as our fields":  `"Resources":[{"Tags":{"Id":"a","id":"b","Region":"x","region":"y"},`,
		"details":                   `"Resources":[{"Details":{"AwsS3Bucket":{"Name":"a","name":"b"}},`,
		"application":               `"Resources":[{"ApplicationName":"a","applicationname":"b",`,
		"data of something unknown": `"Resources":[{"Later":{"Type":"a","type":"b"},"later":7,`,
	}
	for name, resources := range twice {
		t.Run(name, func(t *testing.T) {
			body := string(envelope(t, actionType, samples()["FSBP"]))
			if !strings.Contains(body, `"Resources":[{`) {
				t.Fatal("the sample has no resources")
			}
			event, err := finding.Decode([]byte(strings.Replace(body, `"Resources":[{`, resources, 1)))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := event.Identify(event.Findings[0], lists(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// Beside the finding and in the envelope, too, only what is read is looked at.
func TestKeysBesideTheFindingAreData(t *testing.T) {
	body := string(envelope(t, actionType, samples()["FSBP"]))
	for name, more := range map[string]string{
		"the envelope": `{"replay-name":"a","Replay-Name":"b",`,
		"the finding":  `"Remediation":{"Text":"a","text":"b"},"Network":{"A":1,"a":2},`,
	} {
		t.Run(name, func(t *testing.T) {
			changed := strings.Replace(body, `{`, more, 1)
			if name == "the finding" {
				changed = strings.Replace(body, `"Title":`, more+`"Title":`, 1)
			}
			if !json.Valid([]byte(changed)) {
				t.Fatal(changed)
			}
			if _, err := finding.Decode([]byte(changed)); err != nil {
				t.Error(err)
			}
		})
	}
}
