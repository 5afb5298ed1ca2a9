package cloudfront

import (
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// The parameters with what only people know.
const (
	paramRoot = "defaultRootObject"
	paramACL  = "webAclArn"
)

// elsewhere is what says that AWS does not look at a distribution.
const elsewhere = "Origins"

// Named returns the controls that need a name from people: of a page, a web ACL, a bucket. None has a default that
// would do.
func Named() []control.Control { return []control.Control{rootObject(), webACL(), accessLog()} }

func rootObject() control.Control {
	const path = "DefaultRootObject"
	return setting{
		read: func(c *types.DistributionConfig) values {
			for _, o := range c.Origins.Items {
				if o.S3OriginConfig != nil {
					return values{path: aws.ToString(c.DefaultRootObject)}
				}
			}
			return values{elsewhere: "none in S3"}
		},
		want: func(now values, env control.Env) error {
			return named(now, path, env.Params.Text(paramRoot), "the object that visitors of the root should get, which has to "+
				"be there, in the parameter "+paramRoot)
		},
		set: func(c *types.DistributionConfig, to values) { c.DefaultRootObject = aws.String(to[path]) },
	}.control(control.Info{
		ID: "CloudFront.1", Writes: "cloudfront.distribution.root",
		Effect: "Visitors of the root get the object that is named, and not a list of what is there or an error. Where the " +
			"object is not at the origin, they get an error: look first.",
		Fails: control.Fails{
			When: "The distribution has an origin in S3 and no default root object. Whether the object exists does not matter.",
			Rule: "cloudfront-default-root-object-configured",
		},
		Impact: control.ImpactInterrupts,
		Params: []control.Param{{
			Name: paramRoot, Default: "", Pattern: regexp.MustCompile(`^([A-Za-z0-9_.~-][A-Za-z0-9_.~/-]{0,254})?$`),
			Meaning: "Object for visitors of the root, without a slash in front, such as index.html; it has to be at the " +
				"origin. Salve changes nothing without.",
		}},
	})
}

func webACL() control.Control {
	const path = "WebACLId"
	return setting{
		read: func(c *types.DistributionConfig) values { return values{path: aws.ToString(c.WebACLId)} },
		want: func(now values, env control.Env) error {
			return named(now, path, env.Params.Text(paramACL), "a web ACL of the scope CLOUDFRONT in the parameter "+paramACL)
		},
		set: func(c *types.DistributionConfig, to values) { c.WebACLId = aws.String(to[path]) },
	}.control(control.Info{
		ID: "CloudFront.6", Writes: "cloudfront.distribution.web-acl",
		Effect: "The rules of the web ACL decide who gets through, and WAF is billed per million requests. Rules that " +
			"block what visitors or APIs need turn them away: let them count first.",
		Fails: control.Fails{
			When: "The distribution has no web ACL, of WAF or of WAF Classic. What its rules do does not matter.",
			Rule: "cloudfront-associated-with-waf",
		},
		Impact:  control.ImpactInterrupts,
		Actions: []string{"wafv2:GetWebACL"}, // CloudFront asks for it with the run's rights
		Params: []control.Param{{
			Name: paramACL, Default: "", Form: "the ARN of a web ACL in us-east-1, or nothing",
			Pattern: regexp.MustCompile(
				`^(arn:aws[a-z-]*:wafv2:us-east-1:\d{12}:global/webacl/[A-Za-z0-9_-]{1,128}/[0-9a-f-]{36})?$`),
			Meaning: "ARN of the web ACL for distributions that have none; it is one of the account's, of the scope CLOUDFRONT.",
		}},
		Narrow: func(env control.Env) []string { return reaches(env, env.Params.Text(paramACL)) },
	})
}

// named sets the value that was given where there is none.
func named(now values, path, given, what string) error {
	if now[path] != "" || now[elsewhere] != "" {
		return nil
	}
	if given == "" {
		return fault.New(fault.Refused, "name %s", what)
	}
	now[path] = given
	return nil
}

// reaches are the ARNs of a session: the distribution and, where there is one, what it shall use.
func reaches(env control.Env, used string) []string {
	if used == "" {
		return []string{env.Target.Resource}
	}
	return []string{env.Target.Resource, used}
}
