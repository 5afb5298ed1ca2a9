package s3

import (
	"context"
	"reflect"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// The parameters of the control; all but the last are AWS's.
const (
	paramTransition = "targetTransitionDays"
	paramClass      = "targetTransitionStorageClass"
	paramExpiration = "targetExpirationDays"
	paramAbort      = "abortIncompleteDays"
)

// lifecycleRule is the id of the rule that is added, the only one that is ever touched.
const lifecycleRule = "SalveAbortIncompleteUploads"

// lifecycle is the rule that is added, and whether others do.
type lifecycle struct {
	Rule *ownRule `json:"SalveAbortIncompleteUploads"` // nil where the bucket has none

	Others bool `salve:"fact"` // a rule of others is enabled and does what the parameters ask for
	Taken  bool `salve:"fact"` // a rule of the id does something else
}

// ownRule holds for all objects: it drops uploads that were never finished, and moves objects where it is asked to.
type ownRule struct {
	AbortDays      int
	TransitionDays int    `json:",omitempty"`
	StorageClass   string `json:",omitempty"`
}

// Lifecycle returns the control that is met by a lifecycle rule.
func Lifecycle() []control.Control {
	return []control.Control{control.Of[lifecycle]{
		Info: control.Info{
			ID: "S3.13",
			Effect: "S3 drops the parts of uploads that are not finished abortIncompleteDays after they were begun, a week " +
				"if nobody says otherwise; no object is deleted. A transition is made only if the parameters ask for one, and " +
				"is billed by the object.",
			Fails: control.Fails{
				When: "The bucket has no lifecycle rule that is enabled, or none that does all that the parameters of " +
					"Security Hub ask for.",
				Rule: "s3-lifecycle-policy-check",
			},
			Impact: control.ImpactNone,
			Params: []control.Param{
				{Name: paramTransition, Default: 0, Max: 36500, Meaning: "Days after which objects move; 0 asks for no move."},
				{
					Name: paramClass, Default: "", Meaning: "Storage class to which objects move; empty asks for none.",
					Pattern: regexp.MustCompile(`^(|STANDARD_IA|INTELLIGENT_TIERING|ONEZONE_IA|GLACIER|GLACIER_IR|DEEP_ARCHIVE)$`),
				},
				{
					Name: paramExpiration, Default: 0, Max: 36500,
					Meaning: "Days after which objects are deleted; 0 asks for nothing. Salve never adds such a rule.",
				},
				{Name: paramAbort, Default: 7, Min: 1, Max: 36500, Meaning: "Days after which unfinished uploads are dropped."},
			},
			Pattern: bucketARN,
			Actions: []string{"s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration"},
		},
		Read: readLifecycle, Want: wantLifecycle, Write: writeLifecycle,
	}.Control()}
}

// rules are those of the bucket, with what else the configuration says.
func (b bucket) rules(ctx context.Context) ([]types.LifecycleRule, types.TransitionDefaultMinimumObjectSize, error) {
	out, err := b.client.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{
		Bucket: b.name, ExpectedBucketOwner: b.owner,
	})
	if fault.Unset(err) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	return out.Rules, out.TransitionDefaultMinimumObjectSize, nil
}

func readLifecycle(ctx context.Context, env control.Env) (now lifecycle, err error) {
	all, _, err := openBucket(env).rules(ctx)
	for _, r := range all {
		ours := aws.ToString(r.ID) == lifecycleRule
		switch mine := own(r); {
		case ours && mine != nil:
			now.Rule = mine
		case r.Status == types.ExpirationStatusEnabled && asked(r, env):
			now.Others = true
		case ours:
			now.Taken = true
		}
	}
	return now, err
}

// asked tells that a rule does all that the parameters ask for.
func asked(r types.LifecycleRule, env control.Env) bool {
	days, class, gone := env.Params.Int(paramTransition), env.Params.Text(paramClass), env.Params.Int(paramExpiration)
	moves := days == 0 && class == "" || slices.ContainsFunc(r.Transitions, func(t types.Transition) bool {
		return (days == 0 || int(aws.ToInt32(t.Days)) == days) && (class == "" || string(t.StorageClass) == class)
	})
	return moves && (gone == 0 || r.Expiration != nil && int(aws.ToInt32(r.Expiration.Days)) == gone)
}

// own is a rule as Salve makes it; nil for another by its id.
func own(r types.LifecycleRule) *ownRule {
	if r.AbortIncompleteMultipartUpload == nil || r.Filter == nil {
		return nil
	}
	o := ownRule{AbortDays: int(aws.ToInt32(r.AbortIncompleteMultipartUpload.DaysAfterInitiation))}
	if len(r.Transitions) == 1 {
		o.TransitionDays, o.StorageClass = int(aws.ToInt32(r.Transitions[0].Days)), string(r.Transitions[0].StorageClass)
	}
	filter := *r.Filter
	filter.Prefix = aws.String(aws.ToString(filter.Prefix)) // none is for all objects, too
	r.Filter = &filter
	if !reflect.DeepEqual(r, o.rule()) {
		return nil
	}
	return &o
}

func wantLifecycle(now lifecycle, env control.Env) (lifecycle, error) {
	to := ownRule{
		env.Params.Int(paramAbort), env.Params.Int(paramTransition), env.Params.Text(paramClass),
	}
	switch {
	case now.Others || now.Rule != nil && asked(now.Rule.rule(), env):
		return now, nil
	case now.Taken:
		return now, fault.New(fault.Refused, "the bucket has a rule %s that Salve did not make so, or that is disabled: "+
			"remove it or give it another id", lifecycleRule)
	case env.Params.Int(paramExpiration) > 0:
		return now, fault.New(fault.Refused, "%s asks for a rule that deletes objects, which Salve never adds: add it by "+
			"hand", paramExpiration)
	case (to.TransitionDays > 0) != (to.StorageClass != ""):
		return now, fault.New(fault.Refused, "a transition needs both %s and %s", paramTransition, paramClass)
	}
	now.Rule = &to
	return now, nil
}

func (o ownRule) rule() types.LifecycleRule {
	r := types.LifecycleRule{
		ID: aws.String(lifecycleRule), Status: types.ExpirationStatusEnabled,
		Filter: &types.LifecycleRuleFilter{Prefix: aws.String("")},
		AbortIncompleteMultipartUpload: &types.AbortIncompleteMultipartUpload{
			DaysAfterInitiation: aws.Int32(int32(o.AbortDays)), //nolint:gosec // at most 36500
		},
	}
	if o.StorageClass != "" {
		r.Transitions = []types.Transition{{
			StorageClass: types.TransitionStorageClass(o.StorageClass),
			Days:         aws.Int32(int32(o.TransitionDays)), //nolint:gosec // as above
		}}
	}
	return r
}

// writeLifecycle reads again right before it writes: the call replaces all rules, and those of others stay as they are.
func writeLifecycle(ctx context.Context, env control.Env, from, to lifecycle) error {
	return kind.Whole[lifecycle]{Read: readLifecycle, Put: putLifecycle}.Write(ctx, env, from, to)
}

func putLifecycle(ctx context.Context, env control.Env, to lifecycle) error {
	b := openBucket(env)
	all, least, err := b.rules(ctx)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(r types.LifecycleRule) bool { return aws.ToString(r.ID) == lifecycleRule })
	if to.Rule != nil {
		all = append(all, to.Rule.rule())
	}
	if len(all) == 0 {
		_, err = b.client.DeleteBucketLifecycle(ctx, &s3.DeleteBucketLifecycleInput{
			Bucket: b.name, ExpectedBucketOwner: b.owner,
		})
		return err
	}
	_, err = b.client.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{
		Bucket: b.name, ExpectedBucketOwner: b.owner, TransitionDefaultMinimumObjectSize: least,
		LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: all},
	})
	return err
}
