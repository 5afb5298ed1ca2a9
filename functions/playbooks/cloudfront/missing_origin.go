// Package cloudfront holds the playbooks for Amazon CloudFront.
package cloudfront

import (
	"cmp"
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/runbook"
)

// paramForeign is the parameter with origins that are meant to be buckets of others.
const paramForeign = "foreignOrigins"

// distributionARN accepts distributions of every partition; its group is the id.
var distributionARN = regexp.MustCompile(`^arn:aws[a-z-]*:cloudfront::[0-9]{12}:distribution/([A-Z0-9]{7,32})$`)

// s3Host is the host of a bucket: its groups are bucket and Region, which the oldest hosts lack.
// Source: Amazon S3 user guide, "Virtual hosting of general purpose buckets" and its legacy endpoints.
var s3Host = regexp.MustCompile(
	`^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.s3` +
		`(?:[.-](` + names.RegionForm + `)\.amazonaws\.com(?:\.cn)?|\.amazonaws\.com)$`)

// firstRegion is where the hosts without a Region lead.
const firstRegion = "us-east-1"

// origins are the buckets that a distribution reads from.
type origins struct {
	Buckets map[string]place // of this account, by name
	// Missing are the names that nobody has.
	Missing map[string]place `salve:"fact"`
	// Others are hosts of which Salve cannot say that they are the account's: of other accounts, or of a form it does
	// not know.
	Others []string `salve:"fact"`
}

// place is where a bucket is, or is to be.
type place struct{ Region string }

// MissingOrigin returns the control that takes the names of buckets that a distribution reads from and nobody has, by a
// runbook: only a role of its own may make buckets.
func MissingOrigin() []control.Control {
	return []control.Control{runbook.Runbook[origins]{
		Read: readOrigins, Want: wantOrigins,
		Do: runbook.Named("Salve-RestoreOrigin"), Family: "origins", Parameters: taking,
	}.Control(control.Info{
		ID: "CloudFront.12",
		Effect: "The missing buckets are made in the account, empty and closed to the public, so that nobody else can take " +
			"their names and serve the distribution's visitors. The distribution stays as it is: visitors get an error, " +
			"as before, until somebody fills the bucket or takes the origin out.",
		Fails: control.Fails{
			When: "An origin of the distribution that is set up for S3 names a bucket that does not exist. Website " +
				"endpoints of buckets, and other custom origins, are not looked at.",
			Rule: "cloudfront-s3-origin-non-existent-bucket",
		},
		Impact:  control.ImpactNone,
		Pattern: distributionARN,
		Params: []control.Param{{
			Name: paramForeign,
			Meaning: "Domain names of origins, as the distribution has them, that are meant to be buckets of other " +
				"accounts: Salve does not ask for them. It refuses to act on a distribution with others of that kind.",
			Default: []string{}, Pattern: regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,126}$`), Form: "a domain name",
		}},
		Actions: []string{"cloudfront:GetDistribution", "s3:GetBucketLocation"},
		OneWay:  map[string]string{"Buckets/*": "without the bucket its name would be anybody's again"},
		// The three steps of the runbook may take five minutes each.
		Settle: control.Settle{Typical: time.Minute, Within: 20 * time.Minute},
	})}
}

func readOrigins(ctx context.Context, env control.Env) (origins, error) {
	out, err := cloudfront.NewFromConfig(env.Config).GetDistribution(ctx, &cloudfront.GetDistributionInput{Id: &env.Name})
	if err != nil {
		return origins{}, err
	}
	if out.Distribution == nil || out.Distribution.DistributionConfig == nil ||
		out.Distribution.DistributionConfig.Origins == nil {
		return origins{}, fault.New(fault.Invalid, "GetDistribution answered without origins of %s", env.Name)
	}
	state := origins{Buckets: map[string]place{}, Missing: map[string]place{}}
	named := map[string]site{}
	for _, o := range out.Distribution.DistributionConfig.Origins.Items {
		host := aws.ToString(o.DomainName)
		switch bucket, at := bucketOf(host); {
		case !looked(o, host), slices.Contains(env.Params.Texts(paramForeign), host):
		case bucket == "":
			state.Others = append(state.Others, host)
		case named[bucket].host == "", at.Region != "":
			named[bucket] = site{host, place{cmp.Or(at.Region, firstRegion)}}
		}
	}
	for _, bucket := range slices.Sorted(maps.Keys(named)) {
		if err := state.ask(ctx, env, bucket, named[bucket]); err != nil {
			return origins{}, err
		}
	}
	slices.Sort(state.Others)
	return state, nil
}

// site is where a distribution looks for a bucket.
type site struct {
	host string
	place
}

// bucketOf is the bucket of a host, "" where it is none of S3's, and where it is; no Region where the host has none.
func bucketOf(host string) (string, place) {
	if m := s3Host.FindStringSubmatch(host); m != nil {
		return m[1], place{m[2]}
	}
	return "", place{}
}

// looked tells that AWS looks for the bucket of an origin. An alias of an access point is no bucket, and nobody can
// make one of its name. Source: Amazon S3 user guide, "General purpose bucket naming rules", on suffixes.
func looked(o types.Origin, host string) bool {
	return o.S3OriginConfig != nil && !strings.Contains(host, ".s3-website") && !strings.Contains(host, "-s3alias.s3") &&
		!strings.Contains(host, "--ol-s3.s3")
}

// ask finds out whose a bucket is. S3 tells nobody but the owner where it is, and everybody that nobody has the name.
func (s *origins) ask(ctx context.Context, env control.Env, bucket string, at site) error {
	out, err := buckets(env).GetBucketLocation(ctx, &s3.GetBucketLocationInput{
		Bucket: &bucket, ExpectedBucketOwner: &env.Target.Account,
	})
	switch class := fault.Of(err); {
	case err == nil:
		s.Buckets[bucket] = place{location(string(out.LocationConstraint))}
	case class == fault.Gone:
		s.Missing[bucket] = at.place
	case class == fault.Denied && fault.Denier(err) == "", fault.Elsewhere(err):
		s.Others = append(s.Others, at.host)
	case class == fault.Denied:
		return fault.New(fault.Denied, "the bucket %s is another account's, or Salve may not ask for it: %s", bucket,
			fault.Denier(err))
	default:
		return err
	}
	return nil
}

// buckets reaches buckets by the path: a name with dots, and an endpoint of one's own, have no host per bucket.
func buckets(env control.Env) *s3.Client {
	return s3.NewFromConfig(env.Config, func(o *s3.Options) { o.UsePathStyle = true })
}

// location is the Region by what GetBucketLocation answers.
// Source: Amazon S3 API reference, GetBucketLocation.
func location(constraint string) string {
	switch constraint {
	case "":
		return firstRegion
	case "EU":
		return "eu-west-1"
	}
	return constraint
}

// wantOrigins refuses where one origin is not known to be the account's: whether its bucket is a colleague's or an
// intruder's only a person can tell.
func wantOrigins(now origins, _ control.Env) (origins, error) {
	if len(now.Others) > 0 {
		return now, fault.New(fault.Refused, "somebody else has, or hides, the bucket of the origin %s: take the origin out "+
			"at once, or, if it is meant to be, name it in the parameter %s", strings.Join(now.Others, ", "), paramForeign)
	}
	maps.Copy(now.Buckets, now.Missing)
	return now, nil
}

// taking are the parameters of the runbook: the names that were approved, and no other that is missing by then.
func taking(env control.Env, from, to origins) (map[string][]string, error) {
	var buckets []string
	for _, bucket := range slices.Sorted(maps.Keys(to.Buckets)) {
		if _, there := from.Buckets[bucket]; !there {
			buckets = append(buckets, bucket)
		}
	}
	return map[string][]string{"DistributionId": {env.Name}, "Buckets": buckets}, nil
}
