package s3_test

// shut are buckets whose policy lets anybody in and denies a part of that again: what is left is public, and what AWS
// Config makes of a denial that takes thought nobody knows. AWS calls the policy public for what is left.
func shut() map[string]sight {
	public := func(policy string, read, write verdict) sight {
		return sight{policy: policy, public: true, read: read, write: write}
	}
	deny := func(rest string) string { return `,{"Effect":"Deny","Principal":"*",` + rest }
	both := everyone + `"Action":["s3:GetObject","s3:PutObject"],"Resource":"BUCKET/*"}`
	every := everyone + `"Action":"s3:*","Resource":["BUCKET","BUCKET/*"]}`
	const reading = `"Action":["s3:Get*","s3:List*"],`
	return map[string]sight{
		"half of it":              public(both+deny(reads), passes, fails),
		"the other half":          public(both+deny(writes), fails, passes),
		"half, by a wider one":    public(both+deny(reading+`"Resource":"*"}`), passes, fails),
		"half, in two statements": public(everyone+reads+`,`+everyone+writes+deny(reads), passes, fails),
		"reading of everything":   public(every+deny(reading+`"Resource":["BUCKET","BUCKET/*"]}`), passes, fails),
		"all but writing":         public(both+deny(`"NotAction":"s3:Put*","Resource":"*"}`), passes, fails),
		"another action":          public(both+deny(`"Action":"s3:DeleteObject","Resource":"*"}`), fails, fails),
		"some of the objects": public(
			both+deny(`"Action":"s3:GetObject","Resource":"BUCKET/private/*"}`),
			fails, fails,
		),
		"for somebody else": public(
			both+`,{"Effect":"Deny","Principal":{"AWS":"333333333333"},`+reads,
			fails, fails,
		),
		"without TLS": public(
			both+deny(`"Condition":{"Bool":{"aws:SecureTransport":"false"}},`+reads),
			fails, fails,
		),
		"for all but an account": public(
			both+`,{"Effect":"Deny","NotPrincipal":{"AWS":"333333333333"},`+reads,
			refused, fails,
		),
		"on a condition": public(
			both+deny(`"Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-a"}},`+reads),
			refused, fails,
		),
		"some of the actions": public(
			every+deny(`"Action":"s3:GetObject","Resource":["BUCKET","BUCKET/*"]}`),
			refused, fails,
		),
		"the objects only": public(every+deny(reading+`"Resource":"BUCKET/*"}`), refused, fails),
		"but for some of them": public(
			both+deny(`"Action":"s3:GetObject","NotResource":"BUCKET/open/*"}`),
			refused, fails,
		),
		"beside one that is open": public(
			everyone+`"Action":"s3:ListBucket","Resource":"BUCKET"},`+both+deny(reads),
			fails, fails,
		),
		"all of it, and the policy": {policy: everyone + reads + deny(reads)},
	}
}
