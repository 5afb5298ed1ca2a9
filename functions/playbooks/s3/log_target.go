package s3

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/salve-security/salve/internal/policydoc"
)

// accessLogger is S3 as it delivers access logs.
const accessLogger = "logging.s3.amazonaws.com"

// logGroup ends the URI of the group that ACLs let deliver access logs, as they did before bucket policies could.
const logGroup = "/groups/s3/LogDelivery"

// takesAccessLogs tells that the bucket's policy or its ACL lets S3 deliver the access logs of buckets to it. Which
// ones have it do so shows only in all the others.
func (b bucket) takesAccessLogs(ctx context.Context, all []policydoc.Statement) (bool, error) {
	if slices.ContainsFunc(all, func(s policydoc.Statement) bool {
		return s.LetsService(accessLogger, "s3:PutObject")
	}) {
		return true, nil
	}
	grants, err := b.granted(ctx, []string{"WRITE", "FULL_CONTROL"}, logGroup)
	return len(grants) > 0, err
}

// granted are the grants of the permissions that the ACL gives to groups. The URI of a group is told by its end: its
// host is the partition's.
func (b bucket) granted(ctx context.Context, permissions []string, groups ...string) ([]string, error) {
	out, err := b.client.GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: b.name, ExpectedBucketOwner: b.owner})
	if err != nil {
		return nil, err
	}
	var given []string
	for _, g := range out.Grants {
		if g.Grantee == nil || !slices.Contains(permissions, string(g.Permission)) {
			continue
		}
		for _, group := range groups {
			if strings.HasSuffix(aws.ToString(g.Grantee.URI), group) {
				given = append(given, group[strings.LastIndex(group, "/")+1:]+" "+string(g.Permission))
			}
		}
	}
	return given, nil
}
