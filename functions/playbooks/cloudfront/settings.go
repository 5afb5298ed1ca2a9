package cloudfront

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// values are what a control decides on in the configuration of a distribution, by what people call it. One that is
// empty is not set.
type values map[string]string

// setting is a control on values of the configuration, which CloudFront replaces as a whole. Those that AWS does not
// look at are not read.
type setting struct {
	read func(c *types.DistributionConfig) values
	ask  func(ctx context.Context, env control.Env, now values) error // nil, or adds what others say of what people name
	want func(now values, env control.Env) error                      // changes now
	set  func(c *types.DistributionConfig, to values)                 // all of them
}

func (s setting) control(info control.Info) control.Control {
	info.Pattern = distributionARN
	info.Actions = append(info.Actions, "cloudfront:GetDistributionConfig", "cloudfront:UpdateDistribution")
	info.Settle = control.Settle{Typical: 15 * time.Second, Within: 5 * time.Minute}
	return control.Of[values]{Info: info, Read: s.readValues, Want: s.wantValues, Write: s.write}.Control()
}

func (s setting) readValues(ctx context.Context, env control.Env) (values, error) {
	now, _, err := config(ctx, env)
	if err != nil {
		return nil, err
	}
	out := s.read(now)
	if s.ask != nil {
		if err := s.ask(ctx, env, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s setting) wantValues(now values, env control.Env) (values, error) {
	to := maps.Clone(now)
	return to, s.want(to, env)
}

// write changes the configuration that it has just read, and CloudFront takes it only where nobody else has changed it
// since.
func (s setting) write(ctx context.Context, env control.Env, from, to values) error {
	c, tag, err := config(ctx, env)
	if err != nil {
		return err
	}
	next, changed := s.read(c), false
	both := maps.Clone(from)
	maps.Copy(both, to)
	for _, key := range slices.Sorted(maps.Keys(both)) {
		switch is := next[key]; {
		case from[key] == to[key], is == to[key]:
		case is != from[key]:
			return fault.New(fault.Drifted, "somebody changed %s meanwhile: it is %q, and was %q", key, is, from[key])
		default:
			next[key], changed = to[key], true
		}
	}
	if !changed {
		return nil
	}
	s.set(c, next)
	_, err = cloudfront.NewFromConfig(env.Config).UpdateDistribution(ctx, &cloudfront.UpdateDistributionInput{
		Id: &env.Name, IfMatch: &tag, DistributionConfig: c,
	})
	return err
}

// config is the configuration of the distribution, and what says which one it is.
func config(ctx context.Context, env control.Env) (*types.DistributionConfig, string, error) {
	out, err := cloudfront.NewFromConfig(env.Config).GetDistributionConfig(ctx, &cloudfront.GetDistributionConfigInput{
		Id: &env.Name,
	})
	switch {
	case err != nil:
		return nil, "", err
	case out.DistributionConfig == nil, out.DistributionConfig.DefaultCacheBehavior == nil,
		out.DistributionConfig.Origins == nil, out.ETag == nil:
		return nil, "", fault.New(fault.Invalid, "GetDistributionConfig answered without the configuration of %s", env.Name)
	}
	return out.DistributionConfig, *out.ETag, nil
}

// behaviors are the policies for viewers, by the path pattern that people see: the default's is "*".
func behaviors(c *types.DistributionConfig) map[string]*types.ViewerProtocolPolicy {
	out := map[string]*types.ViewerProtocolPolicy{"*": &c.DefaultCacheBehavior.ViewerProtocolPolicy}
	if c.CacheBehaviors != nil {
		for i, b := range c.CacheBehaviors.Items {
			out[aws.ToString(b.PathPattern)] = &c.CacheBehaviors.Items[i].ViewerProtocolPolicy
		}
	}
	return out
}

// custom are the origins that are not set up as buckets, by their ids.
func custom(c *types.DistributionConfig) map[string]*types.Origin {
	out := map[string]*types.Origin{}
	for i, o := range c.Origins.Items {
		if o.CustomOriginConfig != nil {
			out[aws.ToString(o.Id)] = &c.Origins.Items[i]
		}
	}
	return out
}
