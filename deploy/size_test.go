package deploy_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// What IAM takes, in characters without blanks: of a managed policy, and of all inline policies of a role together.
// Source: IAM user guide, "IAM and AWS STS quotas".
const (
	managedLimit = 6144
	inlineLimits = 10240
	attachLimit  = 10
)

// TestPoliciesFit measures each policy of the member's roles as IAM does, in the partition whose names are longest,
// with every option on and the longest names.
func TestPoliciesFit(t *testing.T) {
	s := fullMember(t)
	s.values["AWS::Partition"], s.values["AWS::URLSuffix"] = "aws-us-gov", "amazonaws.com.cn"
	s.values["CodeBucket"] = strings.Repeat("b", 63)
	s.values["NamePrefix"], s.values["RolePath"] = strings.Repeat("p", 19)+"-", "/"+strings.Repeat("r", 62)+"/"
	inline, attached := measured(t, s)
	for role, n := range inline {
		if n > inlineLimits {
			t.Errorf("the policies in %s have %d characters, IAM takes %d", role, n, inlineLimits)
		}
	}
	for role, n := range attached {
		if n > attachLimit {
			t.Errorf("%s has %d managed policies, it takes %d", role, n, attachLimit)
		}
	}
	if inline["RemediationRole"] < 1000 || inline["IdentityRole"] < 1000 || attached["<IdentityRole>"] == 0 {
		t.Errorf("nothing was measured: %v, %v", inline, attached)
	}
}

// measured are the characters of the policies in each role, and the managed policies of each, which have to fit by
// themselves.
func measured(t *testing.T, s stack) (inline, attached map[string]int) {
	t.Helper()
	inline, attached = map[string]int{}, map[string]int{}
	size := func(document any) int {
		text, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		return len(text)
	}
	for id, r := range s.resources() {
		properties, _ := object(t, r)["Properties"].(map[string]any)
		switch at(t, r, "Type") {
		case "AWS::IAM::ManagedPolicy":
			if n := size(properties["PolicyDocument"]); n > managedLimit {
				t.Errorf("%s has %d characters, IAM takes %d", id, n, managedLimit)
			}
			for _, role := range texts(t, properties["Roles"]) {
				attached[role]++
			}
		case "AWS::IAM::Role":
			attached["<"+id+">"] += len(texts(t, properties["ManagedPolicyArns"]))
			list, _ := properties["Policies"].([]any)
			for _, p := range list {
				inline[id] += size(object(t, p)["PolicyDocument"])
			}
		}
	}
	return inline, attached
}
