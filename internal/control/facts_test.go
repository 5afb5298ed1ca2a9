package control_test

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
)

// block keeps everybody out of a bucket whatever else it allows.
type block struct{ Policy, ACLs bool }

// exposure is a block with all else that decides whether the bucket is public.
type exposure struct {
	block
	PolicyPublic bool           `salve:"fact"`
	ACL          map[string]int `salve:"fact"` // how many grants by who has them
	Account      block          `salve:"fact"`
	Password     control.Secret `salve:"fact"`
}

// bucket is the one bucket there is, as AWS has it.
type bucket struct {
	now      exposure
	password string
	wantErr  error
	readErr  error
	knew     exposure // what the last write was given
	seen     exposure // what the last Want was given
}

func bucketInfo(id string) control.Info {
	return control.Info{
		ID: id, Title: "Buckets should not be public", Resources: []string{"Bucket"}, Effect: "None.",
		Fails: control.Fails{When: "Always.", Custom: true}, State: "bucket.block",
		Severity: control.SeverityHigh, Impact: control.ImpactNone,
		Pattern: regexp.MustCompile(`^bucket/(.+)$`), Actions: []string{"bucket:GetBlock", "bucket:PutBlock"},
		WholeAccount: true,
	}
}

// weighs is met where nobody gets in, by whatever means.
func (b *bucket) weighs() control.Control {
	return control.Of[exposure]{
		Info: bucketInfo("Bucket.2"),
		Read: func(_ context.Context, env control.Env) (exposure, error) {
			now := b.now
			now.Password = env.Seal(b.password)
			return now, b.readErr
		},
		Want: func(now exposure, _ control.Env) (exposure, error) {
			b.seen = now
			now.Policy = now.Policy || now.PolicyPublic && !now.Account.Policy
			now.ACLs = now.ACLs || now.ACL["everybody"] > 0 && !now.Account.ACLs
			now.PolicyPublic, now.ACL, now.Account = false, nil, block{true, true} // facts are not for it to say
			return now, b.wantErr
		},
		Write: func(_ context.Context, _ control.Env, _, to exposure) error {
			b.knew, b.now.block = to, to.block
			return nil
		},
	}.Control()
}

// blunt is met by the block alone.
func (b *bucket) blunt() control.Control {
	return control.Of[block]{
		Info:  bucketInfo("Bucket.8"),
		Read:  func(context.Context, control.Env) (block, error) { return b.now.block, nil },
		Want:  func(block, control.Env) (block, error) { return block{true, true}, nil },
		Write: func(_ context.Context, _ control.Env, _, to block) error { b.now.block = to; return nil },
	}.Control()
}

func bucketEnv() control.Env {
	e := env()
	e.Target.Resource, e.Seals = "bucket/one", control.NewSeals([]byte("key"))
	return e
}

// publicBucket is one that its policy makes public.
func publicBucket() *bucket {
	return &bucket{now: exposure{PolicyPublic: true, ACL: map[string]int{"owner": 1}}, password: "correct horse"}
}

func TestFactsDecideAndAreNotPlanned(t *testing.T) {
	b := publicBucket()
	c := b.weighs()
	p := ok[control.Plan](t)(c.Plan(t.Context(), bucketEnv()))
	if d := cmp.Diff([]control.Change{{Path: "Policy", To: true, From: false}}, p.Changes); d != "" {
		t.Errorf("changes (-want +got):\n%s", d)
	}
	if d := cmp.Diff(map[string]int{"owner": 1}, b.seen.ACL); d != "" || !b.seen.PolicyPublic {
		t.Errorf("Want decided on its own result with the facts it returned, not those that were read: %+v", b.seen)
	}
	done(t, c.Apply(t.Context(), bucketEnv(), p))
	if !b.now.Policy || !b.knew.PolicyPublic || b.knew.ACL["owner"] != 1 {
		t.Errorf("wrote %+v, was told %+v: want the facts as they were read", b.now, b.knew)
	}
	seen := ok[control.Seen](t)(c.Verify(t.Context(), bucketEnv(), p))
	if len(seen.Left) > 0 {
		t.Errorf("left: %v", seen.Left)
	}
	if !c.HasFacts() || b.blunt().HasFacts() {
		t.Error("HasFacts is wrong")
	}
}

// TestFactsAreNotHashed: an approval holds, and evidence stays comparable, when only facts changed.
func TestFactsAreNotHashed(t *testing.T) {
	hashes := func(change func(*bucket)) []string {
		b := publicBucket()
		change(b)
		c := b.weighs()
		p := ok[control.Plan](t)(c.Plan(t.Context(), bucketEnv()))
		before, after := ok[string](t)(p.BeforeHash()), ok[string](t)(p.AfterHash())
		done(t, c.Apply(t.Context(), bucketEnv(), p))
		seen := ok[control.Seen](t)(c.Verify(t.Context(), bucketEnv(), p))
		return []string{p.Hash, before, after, seen.Hash}
	}
	same := func(*bucket) {}
	for name, change := range map[string]func(*bucket){
		"another ACL":      func(b *bucket) { b.now.ACL = map[string]int{"owner": 2, "them": 1} },
		"another account":  func(b *bucket) { b.now.Account.ACLs = true },
		"another password": func(b *bucket) { b.password = "battery staple" },
	} {
		if d := cmp.Diff(hashes(same), hashes(change)); d != "" {
			t.Errorf("%s: hashes (-before +after):\n%s", name, d)
		}
	}
	if cmp.Equal(hashes(same), hashes(func(b *bucket) { b.now.ACLs = true })) {
		t.Error("the hashes do not see what is written either")
	}
	if h := hashes(same); h[2] != h[3] {
		t.Errorf("the plan led to %s, seen was %s", h[2], h[3])
	}
}

// TestAChangedFactIsNoDrift: neither a resume nor an undo minds, and neither touches one.
func TestAChangedFactIsNoDrift(t *testing.T) {
	b := publicBucket()
	c := b.weighs()
	p := ok[control.Plan](t)(c.Plan(t.Context(), bucketEnv()))
	b.now.ACL, b.now.PolicyPublic = map[string]int{"them": 3}, false
	resumed := ok[control.Plan](t)(c.Continue(t.Context(), bucketEnv(), keep(t, p)))
	done(t, c.Apply(t.Context(), bucketEnv(), resumed))
	if !b.now.Policy || b.knew.ACL["them"] != 3 {
		t.Errorf("continued to %+v, knowing %+v", b.now, b.knew)
	}
	b.now.Account = block{true, true}
	undo := ok[control.Plan](t)(c.PlanUndo(t.Context(), bucketEnv(), keep(t, p).Changes))
	done(t, c.Apply(t.Context(), bucketEnv(), undo))
	seen := ok[control.Seen](t)(c.Verify(t.Context(), bucketEnv(), undo))
	if want := (exposure{ACL: b.now.ACL, Account: b.now.Account}); len(seen.Left) > 0 || !cmp.Equal(want, b.now,
		cmp.AllowUnexported(exposure{}, control.Secret{})) {
		t.Errorf("undone to %+v, left %v", b.now, seen.Left)
	}
}

// TestStoredChangesOfFactsAreIgnored: a path may have been written by an earlier
// version of the control. Whoever stored it, a fact is neither continued nor undone.
func TestStoredChangesOfFactsAreIgnored(t *testing.T) {
	b := publicBucket()
	c := b.weighs()
	p := keep(t, ok[control.Plan](t)(c.Plan(t.Context(), bucketEnv())))
	p.Changes = append(p.Changes, control.Change{Path: "ACL/owner", From: int64(9), To: int64(8)},
		control.Change{Path: "PolicyPublic", From: true, To: false}, control.Change{Path: "ACL/owner", To: int64(7)})
	resumed := ok[control.Plan](t)(c.Continue(t.Context(), bucketEnv(), p))
	done(t, c.Apply(t.Context(), bucketEnv(), resumed))
	if b.knew.ACL["owner"] != 1 || !b.knew.PolicyPublic || !b.now.Policy {
		t.Errorf("continued to %+v, knowing %+v", b.now, b.knew)
	}
	for _, ch := range resumed.Changes {
		if ch.Unsure {
			t.Errorf("unsure about %s", ch.Path)
		}
	}
	undo := ok[control.Plan](t)(c.PlanUndo(t.Context(), bucketEnv(), p.Changes))
	if d := cmp.Diff([]control.Change{{Path: "Policy", From: true, To: false}}, undo.Changes); d != "" {
		t.Errorf("undo (-want +got):\n%s", d)
	}
	p.Undo = true
	seen := ok[control.Seen](t)(c.Verify(t.Context(), bucketEnv(), p))
	if len(seen.Left) > 0 || len(seen.Changes) != 1 {
		t.Errorf("looked for facts after an undo: %+v", seen)
	}
}

func TestSecretFactsAreMarks(t *testing.T) {
	b := publicBucket()
	c := b.weighs()
	p := ok[control.Plan](t)(c.Plan(t.Context(), bucketEnv()))
	raw, err := json.Marshal(p)
	done(t, err)
	if !strings.HasPrefix(b.seen.Password.String(), "sealed:") || strings.Contains(string(raw), "sealed:") {
		t.Errorf("Want saw %q, stored was %s", b.seen.Password, raw)
	}
	if !c.HasSecrets() {
		t.Error("a secret fact is not counted as a secret")
	}
	unsealed := bucketEnv()
	unsealed.Seals = nil
	if _, err := c.Plan(t.Context(), unsealed); !errors.Is(err, control.ErrNoSeal) {
		t.Errorf("read a secret fact without a key: %v", err)
	}
}

// TestKinWithFactsAreJudgedByTheirOwnRead: the block of an open bucket is taken
// back by the control that knows nothing but the block.
func TestKinWithFactsAreJudgedByTheirOwnRead(t *testing.T) {
	b := publicBucket()
	blunt, weighs := b.blunt(), b.weighs()
	where := bucketEnv().Target
	if !blunt.Kin(weighs, where) || !weighs.Kin(blunt, where) {
		t.Fatal("not kin, though they share a state")
	}
	p := ok[control.Plan](t)(blunt.Plan(t.Context(), bucketEnv()))
	done(t, blunt.Apply(t.Context(), bucketEnv(), p))
	undo := ok[control.Plan](t)(blunt.PlanUndo(t.Context(), bucketEnv(), p.Changes))
	for name, tc := range map[string]struct {
		change func(*exposure)
		want   bool
	}{
		"the policy is public":  {func(*exposure) {}, true},
		"it is not":             {func(e *exposure) { e.PolicyPublic = false }, false},
		"the account blocks it": {func(e *exposure) { e.Account.Policy = true }, false},
		"a public ACL as well":  {func(e *exposure) { e.ACL = map[string]int{"everybody": 1} }, true},
		"nobody but a public ACL": {func(e *exposure) {
			e.PolicyPublic, e.ACL = false, map[string]int{"everybody": 1}
		}, true},
	} {
		facts := b.now
		tc.change(&b.now)
		if got := ok[bool](t)(weighs.Breaks(t.Context(), undo, bucketEnv())); got != tc.want {
			t.Errorf("%s: breaks %v, want %v", name, got, tc.want)
		}
		b.now = facts
	}
	if ok[bool](t)(blunt.Breaks(t.Context(), undo, control.Env{Target: where})) != true {
		t.Error("a control without facts is not judged without a session")
	}
	b.readErr = errors.New("no session")
	if _, err := weighs.Breaks(t.Context(), undo, bucketEnv()); !errors.Is(err, b.readErr) {
		t.Errorf("%v, want the error of its read", err)
	}
}

// never is a control on a state, for its declaration alone.
func never[S any](id, state string) control.Control {
	o := control.Of[S]{
		Info:  bucketInfo(id),
		Read:  func(context.Context, control.Env) (now S, err error) { return now, nil },
		Want:  func(now S, _ control.Env) (S, error) { return now, nil },
		Write: func(context.Context, control.Env, S, S) error { return nil },
	}
	o.State = state
	return o.Control()
}

func TestRegistryChecksStates(t *testing.T) {
	type nested struct {
		In struct {
			A int `salve:"fact"`
		}
	}
	type misspelt struct {
		A int `salve:"facts"`
	}
	type hidden struct {
		A int
		b int `salve:"fact"` //nolint:unused // is what is refused
	}
	type embedded struct {
		block `salve:"fact"`
	}
	const share, belongs = `share the state "s"`, "belongs on an exported field of the state itself"
	for name, tc := range map[string]struct {
		controls []control.Control
		want     string
	}{
		"one type":             {[]control.Control{never[block]("A.1", "s"), never[block]("A.2", "s")}, ""},
		"facts besides":        {[]control.Control{never[block]("A.1", "s"), never[exposure]("A.2", "s")}, ""},
		"different types":      {[]control.Control{never[block]("A.1", "s"), never[stock]("A.2", "s")}, share},
		"maps and records":     {[]control.Control{never[map[string]bool]("A.1", "s"), never[block]("A.2", "s")}, share},
		"different names":      {[]control.Control{never[block]("A.1", "s"), never[stock]("A.2", "t")}, ""},
		"no names":             {[]control.Control{never[block]("A.1", ""), never[stock]("A.2", "")}, ""},
		"a fact below the top": {[]control.Control{never[nested]("A.1", "s")}, belongs},
		"a misspelt tag":       {[]control.Control{never[misspelt]("A.1", "s")}, belongs},
		"a hidden field":       {[]control.Control{never[hidden]("A.1", "s")}, belongs},
		"an embedded record":   {[]control.Control{never[embedded]("A.1", "s")}, belongs},
		"its own JSON":         {[]control.Control{never[spoken]("A.1", "s")}, "writes its own JSON"},
	} {
		_, err := control.NewRegistry(nil, tc.controls...)
		if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%s: %v, want an error with %q", name, err, tc.want)
		}
	}
}

// spoken says itself how it is written, so that nobody can tell its facts.
type spoken struct {
	A int `salve:"fact"`
}

func (spoken) MarshalJSON() ([]byte, error) { return []byte(`{"A":1}`), nil }
