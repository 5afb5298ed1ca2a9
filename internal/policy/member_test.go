package policy_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/policy"
)

// many returns n actions of a service, long enough that a few hundred fill a policy.
func many(service string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s:ModifySomethingWithALongName%04d", service, i)
	}
	return out
}

func TestMemberStatements(t *testing.T) {
	got, err := policy.MemberStatements([]string{"s3:ListBucket", "access-analyzer:ListAnalyzers", "s3:GetBucketAcl"})
	if err != nil {
		t.Fatal(err)
	}
	own := map[string]map[string]string{"StringEqualsIfExists": {"aws:ResourceAccount": policy.AccountID}}
	want := []policy.Statement{
		{
			Sid: "UseAccessAnalyzer", Effect: "Allow", Action: policy.Texts{"access-analyzer:ListAnalyzers"},
			Resource: policy.Texts{"*"}, Condition: own,
		},
		{
			Sid: "UseS3", Effect: "Allow", Action: policy.Texts{"s3:GetBucketAcl", "s3:ListBucket"},
			Resource: policy.Texts{"*"}, Condition: own,
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMemberStatementsRefuse(t *testing.T) {
	for name, actions := range map[string][]string{
		"none": nil, "wildcard": {"s3:Get*"}, "everything": {"*"}, "no service": {"ListBucket"}, "YAML": {"s3:A\n- b:C"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := policy.MemberStatements(actions); err == nil {
				t.Errorf("accepted: %v", got)
			}
		})
	}
}

// TestSplit packs more than one policy's worth: nothing lost, nothing twice, every part within IAM's limit.
func TestSplit(t *testing.T) {
	actions := append(many("ec2", 400), many("rds", 150)...)
	statements, err := policy.MemberStatements(actions)
	if err != nil {
		t.Fatal(err)
	}
	documents, err := policy.Split(statements)
	if err != nil {
		t.Fatal(err)
	}
	if len(documents) < 4 {
		t.Errorf("%d policies for %d actions", len(documents), len(actions))
	}
	var all []policy.Statement
	for i, d := range documents {
		text, err := d.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > 6144 || strings.ContainsAny(text, " \n\t") {
			t.Errorf("policy %d has %d characters, or blanks", i, len(text))
		}
		all = append(all, d.Statement...)
	}
	seen := countActions(t, all)
	for _, a := range actions {
		if seen[a] != 1 {
			t.Errorf("%s appears %d times", a, seen[a])
		}
	}
}

// countActions says how often each action is allowed, and requires a Sid of its own of every statement.
func countActions(t *testing.T, statements []policy.Statement) map[string]int {
	t.Helper()
	seen, ids := map[string]int{}, map[string]bool{}
	for _, s := range statements {
		if ids[s.Sid] || !regexp.MustCompile(`^[A-Za-z0-9]+$`).MatchString(s.Sid) {
			t.Errorf("Sid %q is used twice, or not fit for IAM", s.Sid)
		}
		ids[s.Sid] = true
		for _, a := range s.Action {
			seen[a]++
		}
	}
	return seen
}

func TestSplitRefusesWhatARoleCannotTake(t *testing.T) {
	statements, err := policy.MemberStatements(many("ec2", 2000))
	if err != nil {
		t.Fatal(err)
	}
	if documents, err := policy.Split(statements); err == nil {
		t.Errorf("accepted %d policies", len(documents))
	}
}
