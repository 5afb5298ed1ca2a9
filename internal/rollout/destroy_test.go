package rollout_test

import (
	gocmp "cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	orgs "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/rollout"
)

// TestOthersObjectsStay: of a bucket with more in it, or one that was named, only what this hub wrote goes: what others
// put beside it stays, be it called as Salve's, another hub's, or below the hub's own folder.
func TestOthersObjectsStay(t *testing.T) {
	others := map[string]string{
		"report.csv": "theirs", "salve/report.csv": "theirs", "salve/hub-4c0ffee.yaml": "Terraform's",
		"salve/6f6e65000000000000000000.zip":                                          "uploaded by hand",
		"salve/111111111111-eu-central-1/acme-salve-hub/6f6e65000000000000000000.zip": "of another hub",
		"salve/111111111111-eu-west-1/salve-hub/6f6e65000000000000000000.zip":         "of another Region",
		own + "notes.txt": "theirs", own + "6f6e65000000000000000000.zip.sig": "theirs",
	}
	for _, name := range []string{"", "theirs"} {
		w := newWorld()
		hub := func() *rollout.Hub {
			h := w.hub("one")
			if name != "" {
				h.Bucket.Name = name
			}
			return h
		}
		carried(t, hub().Parts())
		for _, b := range w.buckets {
			maps.Copy(b.objects, others)
		}
		planned, err := hub().Leave().Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		bucket := gocmp.Or(name, "salve-artifacts-111111111111-eu-central-1")
		for _, want := range []string{
			"stays bucket " + bucket, "delete s3://" + bucket + "/" + own + "0000000000000000006f6e65.zip",
		} {
			if got := lines(planned); !slices.Contains(got, want) {
				t.Errorf("the plan lacks %q: %v", want, got)
			}
		}
		items := carried(t, hub().Leave())
		for _, b := range w.buckets {
			if d := cmp.Diff(others, b.objects); d != "" {
				t.Errorf("left (-want +got):\n%s", d)
			}
		}
		i := slices.IndexFunc(items, func(i rollout.Item) bool { return strings.HasPrefix(i.What, "bucket ") })
		if len(w.buckets) != 1 || items[i].Action != rollout.Stays || items[i].Detail == "" {
			t.Errorf("%v", items)
		}
	}
}

// TestHubsShareABucket: what one hub leaves is not what the other was made from, though both have the same program.
func TestHubsShareABucket(t *testing.T) {
	w := newWorld()
	second := func() *rollout.Hub {
		h := w.hub("one")
		h.Place.Home = names.Home{Prefix: "acme-"}
		h.Bucket.Place = h.Place
		return h
	}
	carried(t, w.hub("one").Parts())
	bucket := w.buckets["salve-artifacts-111111111111-eu-central-1"]
	first := maps.Clone(bucket.objects)
	carried(t, second().Parts())
	carried(t, second().Leave())
	if d := cmp.Diff(first, bucket.objects); d != "" {
		t.Errorf("left (-the other hub's +got):\n%s", d)
	}
	if items := carried(t, w.hub("one").Parts()); rollout.Pending(items[:2]) {
		t.Errorf("the other hub lacks %v", lines(items))
	}
}

// TestStackSetUnseen: where nobody can see whether a StackSet has members, nothing is deleted; who knows that there is
// none says so. Where there is no organisation there is none.
func TestStackSetUnseen(t *testing.T) {
	denied := errors.New("not allowed")
	tests := map[string]struct {
		change  func(*sets)
		despite bool
		there   bool
		refused string
		note    string
	}{
		"none": {change: func(*sets) {}},
		"one": {change: func(s *sets) {
			carried(t, rollout.Parts{s.units(memberTemplate)})
		}, there: true},
		"no organisation": {change: func(s *sets) {
			s.Before = at("DescribeOrganization", &orgs.AWSOrganizationsNotInUseException{})
		}},
		"organisation not to be read": {change: func(s *sets) {
			s.Before = at("DescribeOrganization", denied)
		}, refused: "say --despite-unseen-members"},
		"no delegated administrator any more": {
			change:  func(s *sets) { s.delegated = nil },
			refused: "aws organizations register-delegated-administrator",
		},
		"StackSet not to be read": {change: func(s *sets) {
			s.Before = at("DescribeStackSet", denied)
		}, refused: "nothing is deleted"},
		"instances not to be read": {change: func(s *sets) {
			carried(t, rollout.Parts{s.units(memberTemplate)})
			s.Before = at("ListStackInstances", denied)
		}, refused: "nothing is deleted"},
		"not to be read, said so": {change: func(s *sets) {
			s.Before = at("DescribeStackSet", denied)
		}, despite: true, note: "if so, it stays as it is"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSets()
			tc.change(s)
			there, note, err := s.units("").Left(t.Context(), tc.despite)
			if tc.refused != "" && (fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), tc.refused)) ||
				tc.refused == "" && err != nil {
				t.Errorf("error %v, want one about %q", err, tc.refused)
			}
			if there != tc.there || !strings.Contains(note, tc.note) || (note == "") != (tc.note == "") {
				t.Errorf("there %v, note %q", there, note)
			}
		})
	}
}

// at lets a call fail.
func at(call string, err error) func(string) error {
	return func(name string) error {
		if name == call {
			return err
		}
		return nil
	}
}

// holders are whom a policy is attached to, by its name.
type holders map[string][]string

func (h holders) ListEntitiesForPolicy(
	_ context.Context, in *iam.ListEntitiesForPolicyInput, _ ...func(*iam.Options),
) (*iam.ListEntitiesForPolicyOutput, error) {
	_, name, _ := strings.Cut(*in.PolicyArn, ":iam::111111111111:policy/")
	all, there := h[name]
	if _, denied := h["denied"]; denied {
		return nil, errors.New("not allowed")
	}
	if !there {
		return nil, &types.NoSuchEntityException{}
	}
	out := &iam.ListEntitiesForPolicyOutput{}
	from := 0
	if in.Marker != nil { // one a page
		from = slices.Index(all, *in.Marker)
	}
	if from < len(all) {
		kind, who, _ := strings.Cut(all[from], " ")
		switch kind {
		case "role":
			out.PolicyRoles = []types.PolicyRole{{RoleName: &who}}
		case "user":
			out.PolicyUsers = []types.PolicyUser{{UserName: &who}}
		default:
			out.PolicyGroups = []types.PolicyGroup{{GroupName: &who}}
		}
	}
	if from+1 < len(all) {
		out.IsTruncated, out.Marker = true, aws.String(all[from+1])
	}
	return out, nil
}

// TestAttachedPolicies: IAM deletes no policy that is attached, so that a removal names who has one, and begins
// nothing. Salve's own roles go with the stack.
func TestAttachedPolicies(t *testing.T) {
	tests := map[string]struct {
		holders       holders
		home          names.Home
		refused, note string
	}{
		"nobody": {holders: holders{
			"salve-look": {"role salve-orchestrator", "role salve-operator"}, "salve-work": {"role salve-orchestrator"},
			"salve-operator": nil, "salve-operator-limited": nil,
		}},
		"gone with an earlier removal": {holders: holders{}},
		"people": {
			holders: holders{"salve-operator": {"role Ops", "user eve", "group admins"}, "salve-operator-limited": {"role Dev"}},
			refused: "salve-operator: role Ops, user eve, group admins; salve-operator-limited: role Dev",
		},
		"with a prefix": {
			home:    names.Home{Prefix: "acme-"},
			holders: holders{"acme-salve-look": {"role acme-salve-operator"}, "acme-salve-work": {"role salve-orchestrator"}},
			refused: "(acme-salve-work: role salve-orchestrator)",
		},
		"not to be read": {holders: holders{"denied": nil}, note: "could not be read"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			place := rollout.Place{Partition: "aws", Account: account, Region: "eu-central-1", Home: tc.home}
			note, err := place.Attached(t.Context(), tc.holders)
			if tc.refused != "" && (fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), tc.refused)) ||
				tc.refused == "" && err != nil {
				t.Errorf("error %v, want one about %q", err, tc.refused)
			}
			if !strings.Contains(note, tc.note) || (note == "") != (tc.note == "") {
				t.Errorf("note %q", note)
			}
		})
	}
}

// TestAnotherBucket: a hub that goes on from a bucket that is not there yet has a plan, which says what is known only
// then. Members make no bucket: they are told which one is meant.
func TestAnotherBucket(t *testing.T) {
	w := newWorld()
	carried(t, w.hub("one").Parts())
	hub := func() *rollout.Hub {
		h := w.hub("one")
		h.Bucket.Name = "acme-artifacts"
		h.Template += "# " + strings.Repeat("x", 51_200) + "\n" // too large for a request
		return h
	}
	planned, err := hub().Parts().Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s := planned[2]; s.Action != rollout.Change || !strings.Contains(s.Detail, "once bucket acme-artifacts is there") ||
		!strings.Contains(lines(planned)[2], "CodeBucket:salve-artifacts-111111111111-eu-central-1>acme-artifacts") {
		t.Errorf("plan %v, %s", lines(planned), s.Detail)
	}
	has := "salve-artifacts-111111111111-eu-central-1"
	if s, err := w.driver().Look(t.Context(), rollout.HubStack); err != nil || rollout.BucketOf(s) != has {
		t.Errorf("the hub has its program from %q, %v", rollout.BucketOf(s), err)
	}
	s := newSets()
	u := s.units(memberTemplate)
	u.Members.Bucket.Name = "acme-artifact"
	if _, err := u.Carry(t.Context()); fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), "--bucket") {
		t.Errorf("a StackSet from no bucket: %v", err)
	}
}
