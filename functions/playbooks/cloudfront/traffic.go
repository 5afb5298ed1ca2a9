package cloudfront

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// Traffic returns the controls on how viewers come to a distribution, and how it comes to its origins.
func Traffic() []control.Control {
	return []control.Control{viewers(), encryptedOrigins(), protocols()}
}

func viewers() control.Control {
	return setting{
		read: func(c *types.DistributionConfig) values {
			now := values{}
			for pattern, policy := range behaviors(c) {
				now[pattern] = string(*policy)
			}
			return now
		},
		want: func(now values, _ control.Env) error {
			for pattern, policy := range now {
				if policy == string(types.ViewerProtocolPolicyAllowAll) {
					now[pattern] = string(types.ViewerProtocolPolicyRedirectToHttps)
				}
			}
			return nil
		},
		set: func(c *types.DistributionConfig, to values) {
			for pattern, policy := range behaviors(c) {
				*policy = types.ViewerProtocolPolicy(to[pattern])
			}
		},
	}.control(control.Info{
		ID: "CloudFront.3", Writes: "cloudfront.distribution.viewers",
		Effect: "Who asks by HTTP is sent to HTTPS. Clients that do not follow, and what is posted by HTTP, fail: look " +
			"first for devices and scripts with http in their addresses. Paths that take HTTPS alone already stay as they are.",
		Fails: control.Fails{
			When: "A cache behavior of the distribution, the default one or another, lets viewers in by HTTP (allow-all).",
			Rule: "cloudfront-viewer-policy-https",
		},
		Impact: control.ImpactInterrupts,
	})
}

// A policy that follows the viewer's is as good as HTTPS where no viewer may come by HTTP, and is not read then.
func encryptedOrigins() control.Control {
	return setting{
		read: func(c *types.DistributionConfig) values {
			plain, now := false, values{}
			for _, policy := range behaviors(c) {
				plain = plain || *policy == types.ViewerProtocolPolicyAllowAll
			}
			for id, o := range custom(c) {
				policy := o.CustomOriginConfig.OriginProtocolPolicy
				if policy != types.OriginProtocolPolicyMatchViewer || plain {
					now[id+" at "+aws.ToString(o.DomainName)] = string(policy)
				}
			}
			return now
		},
		want: func(now values, _ control.Env) error {
			for origin, policy := range now {
				if policy == string(types.OriginProtocolPolicyHttpsOnly) {
					continue
				}
				if strings.Contains(origin, ".s3-website") {
					return fault.New(fault.Refused, "the origin %s is a website of a bucket, which answers no HTTPS: use the bucket "+
						"itself as the origin, or make an exception", origin)
				}
				now[origin] = string(types.OriginProtocolPolicyHttpsOnly)
			}
			return nil
		},
		set: func(c *types.DistributionConfig, to values) {
			for id, o := range custom(c) {
				if policy, read := to[id+" at "+aws.ToString(o.DomainName)]; read {
					o.CustomOriginConfig.OriginProtocolPolicy = types.OriginProtocolPolicy(policy)
				}
			}
		},
	}.control(control.Info{
		ID: "CloudFront.9", Writes: "cloudfront.distribution.origins",
		Effect: "CloudFront comes to the origins by HTTPS alone. An origin that answers none, on another port, or with a " +
			"certificate that is not for its name, gives visitors error 502: try each with HTTPS first.",
		Fails: control.Fails{
			When: "CloudFront comes to a custom origin by HTTP alone, or as the viewer does where viewers may come by HTTP. " +
				"Origins that are set up as buckets do not count.",
			Rule: "cloudfront-traffic-to-origin-encrypted",
		},
		Impact: control.ImpactInterrupts,
	})
}

func protocols() control.Control {
	return setting{
		read: func(c *types.DistributionConfig) values {
			now := values{}
			for id, o := range custom(c) {
				if p := o.CustomOriginConfig.OriginSslProtocols; p != nil {
					all := make([]string, len(p.Items))
					for i, name := range p.Items {
						all[i] = string(name)
					}
					slices.Sort(all)
					now[id] = strings.Join(all, " ")
				}
			}
			return now
		},
		want: func(now values, _ control.Env) error {
			for id, all := range now {
				left := slices.DeleteFunc(strings.Fields(all), func(p string) bool { return p == string(types.SslProtocolSSLv3) })
				if len(left) == 0 && all != "" {
					left = []string{string(types.SslProtocolTLSv12)}
				}
				now[id] = strings.Join(left, " ")
			}
			return nil
		},
		set: func(c *types.DistributionConfig, to values) {
			for id, o := range custom(c) {
				all := &types.OriginSslProtocols{}
				for _, p := range strings.Fields(to[id]) {
					all.Items = append(all.Items, types.SslProtocol(p))
				}
				if len(all.Items) > 0 {
					all.Quantity = aws.Int32(int32(len(all.Items))) //nolint:gosec // four at most
					o.CustomOriginConfig.OriginSslProtocols = all
				}
			}
		},
	}.control(control.Info{
		ID: "CloudFront.10", Writes: "cloudfront.distribution.protocols",
		Effect: "CloudFront does not speak SSLv3 to the origins any more; the other protocols stay, and TLSv1.2 comes " +
			"where there was none. An origin that speaks nothing newer gives visitors error 502: such servers are older than " +
			"2005.",
		Fails: control.Fails{
			When: "A custom origin may be spoken to by SSLv3, beside other protocols or alone.",
			Rule: "cloudfront-no-deprecated-ssl-protocols",
		},
		Impact: control.ImpactInterrupts,
	})
}
