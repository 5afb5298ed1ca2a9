package cloudfront_test

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/cloudfront"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const distributions = "arn:aws:cloudfront::222222222222:distribution/"

// sample is a distribution that is not in the lab.
const sample = distributions + "E1EXAMPLE12345"

// cachePolicy is AWS's own, CachingOptimized.
const cachePolicy = "658327ea-f89d-4fab-a63d-7e88639e58f6"

func buckets(cfg aws.Config) *s3.Client {
	return s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
}

// unused is a name of a bucket that nobody has.
func unused() string { return "gone-" + strings.ToLower(rand.Text()) }

// onS3 is an origin that reads from a bucket.
func onS3(host string) types.Origin {
	return types.Origin{
		Id: &host, DomainName: &host, S3OriginConfig: &types.S3OriginConfig{OriginAccessIdentity: aws.String("")},
	}
}

// distribution makes a distribution with an origin on each host. It is disabled, so that it can be deleted.
func distribution(ctx context.Context, t *testing.T, root aws.Config, hosts ...string) string {
	t.Helper()
	var items []types.Origin
	for _, host := range hosts {
		items = append(items, onS3(host))
	}
	out := playbooktest.Got(cloudfront.NewFromConfig(root).CreateDistribution(ctx, &cloudfront.CreateDistributionInput{
		DistributionConfig: &types.DistributionConfig{
			CallerReference: aws.String(rand.Text()), Comment: aws.String("shop"), Enabled: aws.Bool(false),
			Origins: &types.Origins{Quantity: aws.Int32(int32(len(items))), Items: items}, //nolint:gosec // a few
			DefaultCacheBehavior: &types.DefaultCacheBehavior{
				TargetOriginId: &hosts[0], ViewerProtocolPolicy: types.ViewerProtocolPolicyHttpsOnly,
				CachePolicyId: aws.String(cachePolicy), FieldLevelEncryptionId: aws.String(""),
			},
			// What AWS says of one that was not told, and the lab does not.
			Logging: &types.LoggingConfig{
				Enabled: aws.Bool(false), Bucket: aws.String(""), Prefix: aws.String(""), IncludeCookies: aws.Bool(false),
			},
			Restrictions: &types.Restrictions{GeoRestriction: &types.GeoRestriction{
				Quantity: aws.Int32(0), RestrictionType: types.GeoRestrictionTypeNone,
			}},
			WebACLId: aws.String(""),
		},
	}))(t)
	return distributions + *out.Distribution.Id
}

func id(resource string) *string { return aws.String(strings.TrimPrefix(resource, distributions)) }

// update changes the configuration of a distribution.
func update(change func(*types.DistributionConfig)) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		t.Helper()
		client := cloudfront.NewFromConfig(root)
		now := playbooktest.Got(client.GetDistributionConfig(ctx, &cloudfront.GetDistributionConfigInput{
			Id: id(resource),
		}))(t)
		change(now.DistributionConfig)
		playbooktest.Got(client.UpdateDistribution(ctx, &cloudfront.UpdateDistributionInput{
			Id: id(resource), IfMatch: now.ETag, DistributionConfig: now.DistributionConfig,
		}))(t)
	}
}

// remove deletes a distribution.
func remove(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	t.Helper()
	client := cloudfront.NewFromConfig(root)
	now := playbooktest.Got(client.GetDistribution(ctx, &cloudfront.GetDistributionInput{Id: id(resource)}))(t)
	playbooktest.Got(client.DeleteDistribution(ctx, &cloudfront.DeleteDistributionInput{
		Id: id(resource), IfMatch: now.ETag,
	}))(t)
}

// observed is what another client sees of a distribution and of the buckets it reads from, in the order of its origins.
type observed struct {
	Comment string
	Buckets []string // missing, closed or open
}

func observe(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	t.Helper()
	out := playbooktest.Got(cloudfront.NewFromConfig(root).GetDistribution(ctx, &cloudfront.GetDistributionInput{
		Id: id(resource),
	}))(t)
	config := out.Distribution.DistributionConfig
	seen := observed{Comment: *config.Comment}
	for _, o := range config.Origins.Items {
		name, _, _ := strings.Cut(*o.DomainName, ".s3")
		seen.Buckets = append(seen.Buckets, bucketIs(ctx, t, root, name))
	}
	return seen
}

func bucketIs(ctx context.Context, t *testing.T, root aws.Config, name string) string {
	t.Helper()
	if _, err := buckets(root).HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &name}); fault.Of(err) == fault.Gone {
		return "missing"
	}
	out, err := buckets(root).GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: &name})
	if err != nil {
		return "open"
	}
	b := out.PublicAccessBlockConfiguration
	if slices.Contains([]*bool{b.BlockPublicAcls, b.BlockPublicPolicy, b.IgnorePublicAcls, b.RestrictPublicBuckets}, nil) {
		return "half closed"
	}
	return "closed"
}

func TestMissingOrigin(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.MissingOrigin()[0],
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			t.Helper()
			there := unused()
			playbooktest.Got(buckets(root).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &there}))(t)
			return distribution(ctx, t, root, unused()+".s3.amazonaws.com", there+".s3.us-east-1.amazonaws.com",
				unused()+".s3.eu-west-1.amazonaws.com")
		},
		Foreign: []string{
			distributions + "*", distributions + "E1/invalidation/I1", "arn:aws:cloudfront::222222222222:function/f",
			"E1EXAMPLE12345",
		},
		Observe:   observe,
		Unrelated: update(func(c *types.DistributionConfig) { c.Comment = aws.String("closed") }),
		DisturbFact: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			t.Helper()
			update(func(c *types.DistributionConfig) {
				c.Origins.Items = append(c.Origins.Items, onS3(unused()+".s3.amazonaws.com"))
				*c.Origins.Quantity++
			})(ctx, t, root, resource)
		},
		Delete: remove,
		Skip:   map[string]string{playbooktest.CaseDrift: "a name is taken or not, and undo leaves it"},
	})
}

// What is made is what was planned: an origin that is added between the plan and the start keeps its name free.
func TestOnlyWhatWasPlannedIsMade(t *testing.T) {
	c, root := playbook.MissingOrigin()[0], playbooktest.Root(t)
	resource := distribution(t.Context(), t, root, unused()+".s3.amazonaws.com")
	env := playbooktest.Env(t, c, resource)
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	update(func(c *types.DistributionConfig) {
		c.Origins.Items = append(c.Origins.Items, onS3(unused()+".s3.amazonaws.com"))
		*c.Origins.Quantity++
	})(t.Context(), t, root, resource)
	if ended := playbooktest.Ended(t, nil, c, env, plan, ssmtypes.SignalTypeApprove); ended.Failed {
		t.Errorf("the runbook ended as %+v", ended)
	}
	if d := cmp.Diff([]string{"closed", "missing"}, observe(t.Context(), t, root, resource).(observed).Buckets); d != "" {
		t.Errorf("buckets (-want +got):\n%s", d)
	}
}

// Somebody in another account who is quicker than the runbook ends it: no other name is taken then, and nobody says
// that this one is ours. Nor does anybody where the runbook went well and S3 still says that nobody has the name.
func TestNamesThatWereNotTaken(t *testing.T) {
	const thief = "333333333333"
	for name, s := range map[string]struct {
		stolen bool
		says   error // of S3 about the name, once the runbook is over; the lab does not look whose a bucket is
		class  fault.Class
	}{
		"somebody is quicker": {true, &smithy.GenericAPIError{Code: "AccessDenied", Message: "Access Denied"}, fault.Refused},
		"not to be seen":      {false, &smithy.GenericAPIError{Code: "NoSuchBucket"}, fault.None},
	} {
		t.Run(name, func(t *testing.T) {
			c, root := playbook.MissingOrigin()[0], playbooktest.Root(t)
			first, second := unused(), unused()
			resource := distribution(t.Context(), t, root, first+".s3.amazonaws.com", second+".s3.amazonaws.com")
			env := playbooktest.Env(t, c, resource)
			plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
			if s.stolen {
				playbooktest.Got(buckets(playbooktest.World(t).Root(thief)).CreateBucket(t.Context(),
					&s3.CreateBucketInput{Bucket: &second}))(t)
			}
			ended := playbooktest.Ended(t, nil, c, env, plan, ssmtypes.SignalTypeApprove)
			if ended.Failed != s.stolen || s.stolen && (ended.Step != "Find" || !strings.Contains(ended.Message, second)) {
				t.Errorf("the runbook ended as %+v", ended)
			}
			if now := bucketIs(t.Context(), t, root, first); (now == "missing") != s.stolen {
				t.Errorf("the other bucket is %s", now)
			}
			playbooktest.StandIn{"GetBucketLocation": func(any) (any, error) { return nil, s.says }}.AddTo(&env.Config)
			seen, err := c.Verify(t.Context(), env, plan)
			playbooktest.Fails(t, err, s.class)
			for _, ch := range seen.Changes {
				if ch.Made() {
					t.Errorf("%s counts as made", ch)
				}
			}
			if s.class == fault.None && len(seen.Left) != 2 {
				t.Errorf("left is %v", seen.Left)
			}
		})
	}
}

// answers is what AWS says about a distribution with these origins and about the bucket of each: where the account has
// it, or "CODE: message" of an error; nobody has it where nothing is said.
func answers(said map[string]string, all ...types.Origin) playbooktest.StandIn {
	config := &types.DistributionConfig{Origins: &types.Origins{Items: all}}
	s := playbooktest.Answers(&cloudfront.GetDistributionOutput{
		Distribution: &types.Distribution{DistributionConfig: config},
	})
	s["GetBucketLocation"] = func(input any) (any, error) {
		is, known := said[*input.(*s3.GetBucketLocationInput).Bucket]
		code, message, failed := strings.Cut(is, ": ")
		switch {
		case !known:
			return nil, &smithy.GenericAPIError{Code: "NoSuchBucket"}
		case failed:
			return nil, &smithy.GenericAPIError{Code: code, Message: message}
		}
		return &s3.GetBucketLocationOutput{LocationConstraint: s3types.BucketLocationConstraint(is)}, nil
	}
	return s
}

// custom is an origin that is not set up for S3.
func custom(host string) types.Origin {
	return types.Origin{DomainName: &host, CustomOriginConfig: &types.CustomOriginConfig{}}
}

// AWS fails a distribution with an S3 origin whose bucket nobody has. Salve acts where it can tell that of each origin.
//
// better: CloudFront.12 looks at each origin by itself, and makes the missing bucket in place of changing the distribution
func TestLineOfOrigins(t *testing.T) {
	shape := func(fails bool, said map[string]string, all ...types.Origin) playbooktest.Shape {
		return playbooktest.Shape{Answers: answers(said, all...), Fails: fails}
	}
	meant := func(s playbooktest.Shape) playbooktest.Shape {
		s.Params = map[string]any{"foreignOrigins": "theirs.s3.amazonaws.com"}
		return s
	}
	const denied = "AccessDenied: Access Denied"
	ireland := map[string]string{"there": "eu-west-1"}
	playbooktest.Judged(t, playbook.MissingOrigin()[0], sample, map[string]playbooktest.Shape{
		"one of two is missing": shape(true, map[string]string{"there": ""}, onS3("there.s3.amazonaws.com"),
			onS3("gone.s3.eu-west-1.amazonaws.com")),
		"named twice":            shape(true, nil, onS3("gone.s3.amazonaws.com"), onS3("gone.s3.eu-west-1.amazonaws.com")),
		"an old Region's host":   shape(true, nil, onS3("gone.s3-eu-west-1.amazonaws.com")),
		"a name with dots":       shape(true, nil, onS3("www.example.com.s3.amazonaws.com")),
		"in China":               shape(true, nil, onS3("gone.s3.cn-north-1.amazonaws.com.cn")),
		"a Region of two digits": shape(true, nil, onS3("gone.s3.ap-southeast-10.amazonaws.com")),
		"with access control": shape(true, nil, types.Origin{
			DomainName: aws.String("gone.s3.eu-west-1.amazonaws.com"), OriginAccessControlId: aws.String("E1"),
			S3OriginConfig: &types.S3OriginConfig{},
		}),

		"there":                    shape(false, ireland, onS3("there.s3.eu-west-1.amazonaws.com")),
		"there, of the oldest":     shape(false, map[string]string{"there": "EU"}, onS3("there.s3.amazonaws.com")),
		"there, in another Region": shape(false, ireland, onS3("there.s3.us-west-2.amazonaws.com")),
		"a custom origin":          shape(false, nil, custom("www.example.com")),
		"a custom origin on S3":    shape(false, nil, custom("gone.s3.amazonaws.com")),
		"a website":                shape(false, nil, custom("gone.s3-website-us-east-1.amazonaws.com")),
		"a website, set up for S3": shape(false, nil, onS3("gone.s3-website-us-east-1.amazonaws.com")),
		"an access point":          shape(false, nil, onS3("p-x-s3alias.s3.us-east-1.amazonaws.com")),
		"an object lambda":         shape(false, nil, onS3("p-x--ol-s3.s3.us-east-1.amazonaws.com")),
		"another's, and meant":     meant(shape(false, map[string]string{"theirs": denied}, onS3("theirs.s3.amazonaws.com"))),
		"missing beside a meant one": meant(shape(true, map[string]string{"theirs": denied},
			onS3("theirs.s3.amazonaws.com"), onS3("gone.s3.amazonaws.com"))),
	})
}

// Whose the bucket of an origin is, if nobody can tell, is no matter for a program.
func TestOriginsOfOthers(t *testing.T) {
	const denied = "AccessDenied: Access Denied"
	refused := func(said map[string]string, host string, all ...types.Origin) playbooktest.Shape {
		return playbooktest.Shape{
			Answers: answers(said, all...), Class: fault.Refused, Words: []string{host, "foreignOrigins"},
		}
	}
	playbooktest.Judged(t, playbook.MissingOrigin()[0], sample, map[string]playbooktest.Shape{
		"another's": refused(map[string]string{"theirs": denied}, "theirs.s3.amazonaws.com",
			onS3("theirs.s3.amazonaws.com")),
		"missing beside another's": refused(map[string]string{"theirs": denied},
			"theirs.s3.amazonaws.com", onS3("theirs.s3.amazonaws.com"), onS3("gone.s3.amazonaws.com")),
		"somewhere else": refused(map[string]string{"far": "PermanentRedirect: elsewhere"}, "far.s3.ap-east-1.amazonaws.com",
			onS3("far.s3.ap-east-1.amazonaws.com")),
		"a host of no known form": refused(nil, "x.s3.dualstack.us-east-1.amazonaws.com",
			onS3("x.s3.dualstack.us-east-1.amazonaws.com")),
		"a right is missing": {
			Answers: answers(map[string]string{"logs": "AccessDenied: User: arn:aws:sts::222222222222:assumed-role/salve is " +
				"not authorized to perform: s3:GetBucketLocation because no session policy allows the s3:GetBucketLocation " +
				"action"}, onS3("logs.s3.amazonaws.com")),
			Class: fault.Denied, Words: []string{"logs", "no session policy allows s3:GetBucketLocation"},
		},
		"S3 is not well": {
			Answers: answers(map[string]string{"gone": "SlowDown: later"}, onS3("gone.s3.amazonaws.com")), Class: fault.Retry,
		},
		"no origins": {
			Answers: playbooktest.Answers(&cloudfront.GetDistributionOutput{Distribution: &types.Distribution{}}),
			Class:   fault.Invalid,
		},
	})
}

// The plan names the buckets, where they will be, and what takes their names.
func TestPlanOfOrigins(t *testing.T) {
	c, none := playbook.MissingOrigin()[0], func(any) (any, error) { return nil, &ssmtypes.InvalidDocument{} }
	env := playbooktest.Env(t, c, sample, playbooktest.Unplugged(), answers(
		map[string]string{"there": ""}, onS3("old.s3.amazonaws.com"), onS3("there.s3.amazonaws.com"),
		onS3("gone.s3.amazonaws.com"), onS3("gone.s3.eu-west-1.amazonaws.com"),
	), playbooktest.StandIn{"DescribeDocument": none, "GetDocument": none})
	const role = "arn:aws:iam::222222222222:role/salve/automation/salve-origins"
	const stays = `(undo leaves it: without the bucket its name would be anybody's again)`
	playbooktest.Planned(t, c, env, `  + Buckets.gone {"Region":"eu-west-1"} `+stays+`
  + Buckets.old {"Region":"us-east-1"} `+stays+`
  by runbook Salve-RestoreOrigin version 1: AutomationAssumeRole=`+role+` Buckets=gone,old DistributionId=E1EXAMPLE12345
`)
}
