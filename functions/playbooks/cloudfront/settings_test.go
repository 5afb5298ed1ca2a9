package cloudfront_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	playbook "github.com/salve-security/salve/functions/playbooks/cloudfront"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

const (
	acl      = "arn:aws:wafv2:us-east-1:222222222222:global/webacl/shop/11111111-2222-3333-4444-555555555555"
	otherACL = "arn:aws:wafv2:us-east-1:222222222222:global/webacl/else/11111111-2222-3333-4444-555555555555"
)

// named is what people have to say for the controls that need it.
func named(id string) map[string]any {
	return map[string]map[string]any{
		"CloudFront.1": {"defaultRootObject": "index.html"}, "CloudFront.6": {"webAclArn": acl},
		"CloudFront.5": {"bucketName": "logs"},
	}[id]
}

// onHTTP is an origin that is spoken to by HTTP, and by old protocols.
func onHTTP(host string, policy types.OriginProtocolPolicy, protocols ...types.SslProtocol) types.Origin {
	return types.Origin{Id: &host, DomainName: &host, CustomOriginConfig: &types.CustomOriginConfig{
		HTTPPort: aws.Int32(80), HTTPSPort: aws.Int32(443), OriginProtocolPolicy: policy,
		OriginSslProtocols: &types.OriginSslProtocols{
			Quantity: aws.Int32(int32(len(protocols))), Items: protocols, //nolint:gosec // a few
		},
	}}
}

// weak puts a configuration on the wrong side of all lines.
func weak(c *types.DistributionConfig) {
	host := "www.example.org"
	c.Origins.Items = append(c.Origins.Items, onHTTP(host, types.OriginProtocolPolicyHttpOnly, "SSLv3", "TLSv1.2"))
	c.Origins.Quantity = aws.Int32(int32(len(c.Origins.Items))) //nolint:gosec // a few
	c.DefaultCacheBehavior.ViewerProtocolPolicy = types.ViewerProtocolPolicyAllowAll
	c.CacheBehaviors = &types.CacheBehaviors{Quantity: aws.Int32(1), Items: []types.CacheBehavior{{
		PathPattern: aws.String("/shop/*"), TargetOriginId: &host, CachePolicyId: aws.String(cachePolicy),
		ViewerProtocolPolicy: types.ViewerProtocolPolicyAllowAll,
	}}}
}

// weakened makes a distribution that fails a control.
func weakened(id string) func(context.Context, *testing.T, aws.Config) string {
	return func(ctx context.Context, t *testing.T, root aws.Config) string {
		t.Helper()
		resource := distribution(ctx, t, root, "shop.s3.us-east-1.amazonaws.com")
		logs(ctx, t, root)
		update(weak)(ctx, t, root, resource)
		if id == "CloudFront.9" { // so that there is nothing to say of the origin on S3
			update(func(c *types.DistributionConfig) {
				c.DefaultCacheBehavior.ViewerProtocolPolicy = types.ViewerProtocolPolicyHttpsOnly
			})(ctx, t, root, resource)
		}
		return resource
	}
}

func settings() []control.Control { return append(playbook.Traffic(), playbook.Named()...) }

func TestSettings(t *testing.T) {
	disturbs := map[string]func(c *types.DistributionConfig){
		"CloudFront.1": func(c *types.DistributionConfig) { c.DefaultRootObject = aws.String("other.html") },
		"CloudFront.3": func(c *types.DistributionConfig) {
			c.DefaultCacheBehavior.ViewerProtocolPolicy = types.ViewerProtocolPolicyHttpsOnly
		},
		"CloudFront.5": func(c *types.DistributionConfig) {
			c.Logging = &types.LoggingConfig{
				Enabled: aws.Bool(true), Bucket: aws.String("else.s3.amazonaws.com"), Prefix: aws.String("a/"),
				IncludeCookies: aws.Bool(false),
			}
		},
		"CloudFront.6": func(c *types.DistributionConfig) { c.WebACLId = aws.String(otherACL) },
		"CloudFront.9": func(c *types.DistributionConfig) {
			c.Origins.Items[1].CustomOriginConfig.OriginProtocolPolicy = types.OriginProtocolPolicyMatchViewer
		},
		"CloudFront.10": func(c *types.DistributionConfig) {
			to := onHTTP("", "", "TLSv1.1").CustomOriginConfig.OriginSslProtocols
			c.Origins.Items[1].CustomOriginConfig.OriginSslProtocols = to
		},
	}
	const asks = "CloudFront asks for it with the run's rights"
	playbooktest.Family(t, settings(), func(c control.Control) playbooktest.Suite {
		params, err := c.Resolve(named(c.ID))
		playbooktest.Done(t, err)
		suite := playbooktest.Suite{
			Control: c, Params: params, Seed: weakened(c.ID),
			Foreign: []string{distributions + "*", distributions + "E1/invalidation/I1", "E1EXAMPLE12345"},
			Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
				t.Helper()
				now := playbooktest.Got(cloudfront.NewFromConfig(root).GetDistributionConfig(ctx,
					&cloudfront.GetDistributionConfigInput{Id: id(resource)}))(t).DistributionConfig
				text := fmt.Sprint(aws.ToString(now.DefaultRootObject), "|", aws.ToString(now.WebACLId), "|", *now.Comment, "|",
					now.DefaultCacheBehavior.ViewerProtocolPolicy, now.CacheBehaviors.Items[0].ViewerProtocolPolicy, "|")
				if l := now.Logging; l != nil && aws.ToBool(l.Enabled) {
					text += aws.ToString(l.Bucket)
				}
				at := now.Origins.Items[1].CustomOriginConfig
				return text + fmt.Sprint("|", at.OriginProtocolPolicy, at.OriginSslProtocols.Items)
			},
			Disturb:   update(disturbs[c.ID]),
			Unrelated: update(func(c *types.DistributionConfig) { c.Comment = aws.String("closed") }),
			Delete:    remove,
		}
		switch c.ID {
		case "CloudFront.5":
			suite.Unseen = map[string]string{"s3:GetBucketAcl": asks, "s3:PutBucketAcl": asks}
		case "CloudFront.6":
			suite.Unseen = map[string]string{"wafv2:GetWebACL": asks}
		}
		return suite
	})
}

// logs makes the bucket that people name for the log.
func logs(ctx context.Context, t *testing.T, root aws.Config) {
	t.Helper()
	_, err := s3.NewFromConfig(root).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("logs")})
	playbooktest.Done(t, err)
}

// configured is a distribution with an origin in S3, on the right side of all lines but for the changes.
func configured(changes ...func(c *types.DistributionConfig)) playbooktest.StandIn {
	bucket := "shop.s3.us-east-1.amazonaws.com"
	c := &types.DistributionConfig{
		Origins: &types.Origins{Items: []types.Origin{onS3(bucket)}}, DefaultRootObject: aws.String("index.html"),
		DefaultCacheBehavior: &types.DefaultCacheBehavior{ViewerProtocolPolicy: types.ViewerProtocolPolicyHttpsOnly},
		WebACLId:             aws.String(acl), Logging: &types.LoggingConfig{Enabled: aws.Bool(true), Bucket: &bucket},
	}
	for _, change := range changes {
		change(c)
	}
	out := playbooktest.Answers(&cloudfront.GetDistributionConfigOutput{DistributionConfig: c, ETag: aws.String("E1")})
	maps.Copy(out, owned(s3types.ObjectOwnershipObjectWriter))
	return out
}

// owned is a bucket with an object ownership.
func owned(how s3types.ObjectOwnership) playbooktest.StandIn {
	return playbooktest.Answers(&s3.GetBucketOwnershipControlsOutput{OwnershipControls: &s3types.OwnershipControls{
		Rules: []s3types.OwnershipControlsRule{{ObjectOwnership: how}},
	}})
}

// A plan names no bucket that CloudFront could not write to. S3 says of another account's bucket that it is denied,
// where it is told whose it should be, and of one without a setting that there is none.
func TestLogsGoWhereTheyCan(t *testing.T) {
	refuses := func(code string) playbooktest.StandIn {
		return playbooktest.StandIn{"GetBucketOwnershipControls": func(any) (any, error) {
			return nil, &smithy.GenericAPIError{Code: code, Message: "no"}
		}}
	}
	for name, tc := range map[string]struct {
		bucket playbooktest.StandIn
		says   string // "" where the plan may be made
	}{
		"the object's writer":     {owned(s3types.ObjectOwnershipObjectWriter), ""},
		"the owner, where it can": {owned(s3types.ObjectOwnershipBucketOwnerPreferred), ""},
		"no setting":              {refuses("OwnershipControlsNotFoundError"), ""},
		"no ACLs":                 {owned(s3types.ObjectOwnershipBucketOwnerEnforced), "bucket logs takes no ACLs"},
		"no bucket":               {refuses("NoSuchBucket"), "there is no bucket logs"},
		"another Region's":        {refuses("PermanentRedirect"), "is not in Region us-east-1"},
		"a Region switched on":    {refuses("AuthorizationHeaderMalformed"), "is not in Region us-east-1"},
		"another account's":       {refuses("AccessDenied"), "is none of account 222222222222"},
	} {
		t.Run(name, func(t *testing.T) {
			answers := configured(func(c *types.DistributionConfig) { c.Logging.Enabled = aws.Bool(false) })
			maps.Copy(answers, tc.bucket)
			shape := playbooktest.Shape{Answers: answers, Params: named("CloudFront.5"), Fails: true}
			if tc.says != "" {
				shape.Class, shape.Words = fault.Refused, []string{"bucketName", tc.says}
			}
			c := playbooktest.Pick(t, settings(), "CloudFront.5")
			playbooktest.Judged(t, c, sample, map[string]playbooktest.Shape{"off": shape})
			shape.Class, shape.Words, shape.Fails = fault.None, nil, false
			on := configured()
			maps.Copy(on, tc.bucket)
			shape.Answers = on
			playbooktest.Judged(t, c, sample, map[string]playbooktest.Shape{"on already": shape})
		})
	}
}

// TestLogsInChina: hosts of buckets have their Region there.
func TestLogsInChina(t *testing.T) {
	answers := configured(func(c *types.DistributionConfig) { c.Logging.Enabled = aws.Bool(false) })
	maps.Copy(answers, owned(s3types.ObjectOwnershipObjectWriter))
	c := playbooktest.Pick(t, settings(), "CloudFront.5")
	env := playbooktest.Env(t, c, sample, playbooktest.Unplugged(), answers, playbooktest.With(named("CloudFront.5")))
	env.Target.Region, env.Target.Partition = "cn-northwest-1", "aws-cn"
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	if want := "logs.s3.cn-northwest-1.amazonaws.com.cn"; !strings.Contains(plan.String(), want) {
		t.Errorf("want the bucket %s in\n%s", want, plan)
	}
}

func with(origins ...types.Origin) func(c *types.DistributionConfig) {
	return func(c *types.DistributionConfig) { c.Origins.Items = append(c.Origins.Items, origins...) }
}

func viewers(policy types.ViewerProtocolPolicy) func(c *types.DistributionConfig) {
	return func(c *types.DistributionConfig) { c.DefaultCacheBehavior.ViewerProtocolPolicy = policy }
}

func path(policy types.ViewerProtocolPolicy) func(c *types.DistributionConfig) {
	return func(c *types.DistributionConfig) {
		c.CacheBehaviors = &types.CacheBehaviors{Items: []types.CacheBehavior{{
			PathPattern: aws.String("/a/*"), ViewerProtocolPolicy: policy,
		}}}
	}
}

// better: CloudFront.1 names no root object that does not exist
func TestLineOfSettings(t *testing.T) {
	const plain, redirect, tls = types.ViewerProtocolPolicyAllowAll, types.ViewerProtocolPolicyRedirectToHttps, "TLSv1.2"
	const http, https, viewer = types.OriginProtocolPolicyHttpOnly, types.OriginProtocolPolicyHttpsOnly,
		types.OriginProtocolPolicyMatchViewer
	noRoot := func(c *types.DistributionConfig) { c.DefaultRootObject = aws.String("") }
	noACL := func(c *types.DistributionConfig) { c.WebACLId = nil }
	noS3 := func(c *types.DistributionConfig) { c.Origins.Items = []types.Origin{onHTTP("www", https, tls)} }
	noLog := func(c *types.DistributionConfig) { c.Logging.Enabled = aws.Bool(false) }
	shape := func(fails bool, changes ...func(c *types.DistributionConfig)) playbooktest.Shape {
		return playbooktest.Shape{Answers: configured(changes...), Fails: fails}
	}
	website := shape(false, with(onHTTP("shop.s3-website.us-east-1.amazonaws.com", http, tls)))
	website.Class, website.Words = fault.Refused, []string{"website"}
	for id, shapes := range map[string]map[string]playbooktest.Shape{
		"CloudFront.1": {"none": shape(true, noRoot), "none, not in S3": shape(false, noRoot, noS3)},
		"CloudFront.3": {
			"plain": shape(true, viewers(plain)), "redirected": shape(false, viewers(redirect)),
			"plain path": shape(true, path(plain)), "redirected path": shape(false, path(redirect)),
		},
		"CloudFront.5": {
			"off": shape(true, noLog), "never": shape(true, func(c *types.DistributionConfig) { c.Logging = nil }),
		},
		"CloudFront.6": {"none": shape(true, noACL)},
		"CloudFront.9": {
			"plain": shape(true, with(onHTTP("www", http, tls))), "HTTPS": shape(false, with(onHTTP("www", https, tls))),
			"as the viewer":             shape(false, with(onHTTP("www", viewer, tls))),
			"as a plain viewer":         shape(true, with(onHTTP("www", viewer, tls)), viewers(plain)),
			"as a plain viewer of some": shape(true, with(onHTTP("www", viewer, tls)), path(plain)),
			"website of a bucket":       website,
		},
		"CloudFront.10": {
			"beside others":           shape(true, with(onHTTP("www", https, "SSLv3", tls))),
			"alone":                   shape(true, with(onHTTP("www", https, "SSLv3"))),
			"older than it should be": shape(false, with(onHTTP("www", https, "TLSv1", tls))),
		},
	} {
		shapes["good"] = shape(false)
		shapes["nothing"] = playbooktest.Shape{
			Answers: playbooktest.Answers(&cloudfront.GetDistributionConfigOutput{}), Class: fault.Invalid,
		}
		c := playbooktest.Pick(t, settings(), id)
		for name, s := range maps.Clone(shapes) {
			if s.Params = named(id); s.Params != nil && s.Fails {
				shapes[name+", not named"] = playbooktest.Shape{
					Answers: s.Answers, Class: fault.Refused, Words: []string{"parameter"},
				}
			}
			shapes[name] = s
		}
		playbooktest.Judged(t, c, sample, shapes)
	}
}

// What takes the place of SSLv3 is there already, or the newest protocol.
func TestProtocolsThatAreLeft(t *testing.T) {
	c := playbooktest.Pick(t, settings(), "CloudFront.10")
	env := playbooktest.Env(t, c, sample, playbooktest.Unplugged(),
		configured(with(onHTTP("a", "https-only", "TLSv1.1", "SSLv3"), onHTTP("b", "https-only", "SSLv3"))))
	playbooktest.Planned(t, c, env, "  ~ a: \"SSLv3 TLSv1.1\" → \"TLSv1.1\"\n  ~ b: \"SSLv3\" → \"TLSv1.2\"\n")
}
