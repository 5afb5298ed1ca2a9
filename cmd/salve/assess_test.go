package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/assess"
	"github.com/salve-security/salve/internal/policy"
)

// TestAssessmentsOnlyRead: for every control of the release, the session of an assessment has a policy that STS takes,
// and in it nothing but what AWS calls reading; the verbs stand here a second time, so that one who adds a verb to the
// program has to say it twice.
func TestAssessmentsOnlyRead(t *testing.T) {
	names, err := released()
	if err != nil {
		t.Fatal(err)
	}
	reading := regexp.MustCompile(`^[a-z0-9-]+:((Get|List|Describe|Head|BatchGet|Lookup)[A-Za-z0-9]+|GET|` +
		`GenerateCredentialReport|SimulatePrincipalPolicy)$`)
	n := 0
	for _, c := range names.controls.All() {
		r := assess.Request(c, "222222222222", "aws", "r1", "ann")
		if len(c.Reads()) == 0 {
			t.Errorf("%s reads nothing", c.ID)
			continue
		}
		text, err := policy.SessionOf(r)
		if err != nil {
			t.Errorf("%s: %v", c.ID, err)
			continue
		}
		var doc struct {
			Statement []struct {
				Effect string
				Action any
			}
		}
		if err := json.Unmarshal([]byte(text), &doc); err != nil || len(doc.Statement) == 0 {
			t.Fatalf("%s: %v\n%s", c.ID, err, text)
		}
		for _, s := range doc.Statement {
			actions, several := s.Action.([]any)
			if !several {
				actions = []any{s.Action}
			}
			for _, action := range actions {
				if name, _ := action.(string); s.Effect != "Allow" || !reading.MatchString(name) || strings.Contains(name, "*") {
					t.Errorf("%s: %s %v", c.ID, s.Effect, action)
				}
				n++
			}
		}
	}
	if n < len(names.controls.All()) {
		t.Errorf("%d actions of %d controls", n, len(names.controls.All()))
	}
}
