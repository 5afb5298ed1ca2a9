package cloudtrail

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// writeTrails makes what is missing, changes what differs and takes away what came, in the order of names. It looks
// first, as a write may have been made by a run that was cut off.
func writeTrails(ctx context.Context, env control.Env, from, to trails) error {
	if err := logs().Ensure().Write(ctx, env, from.Buckets, to.Buckets); err != nil {
		return err
	}
	now, err := readTrails(ctx, env)
	if err != nil {
		return err
	}
	client := cloudtrail.NewFromConfig(env.Config)
	for _, name := range slices.Sorted(maps.Keys(to.Trails)) {
		if to.Trails[name] == from.Trails[name] {
			continue
		}
		is, there := now.Trails[name]
		if !there {
			err = makeTrail(ctx, client, name, to.Trails[name])
		} else {
			err = changeTrail(ctx, client, name, is, to.Trails[name])
		}
		if err != nil {
			return err
		}
	}
	for name := range to.Trails {
		if from.Logging[name] != to.Logging[name] && now.Logging[name] != to.Logging[name] {
			if err := switchTrail(ctx, client, name, to.Logging[name]); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(from.Trails)) {
		_, stays := to.Trails[name]
		if _, there := now.Trails[name]; stays || !there {
			continue
		}
		if _, err := client.DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: &name}); fault.Of(err) != fault.Gone &&
			err != nil {
			return err
		}
	}
	return nil
}

func makeTrail(ctx context.Context, client *cloudtrail.Client, name string, t trail) error {
	_, err := client.CreateTrail(ctx, &cloudtrail.CreateTrailInput{
		Name: &name, S3BucketName: &t.Bucket, IsMultiRegionTrail: &t.AllRegions, IncludeGlobalServiceEvents: &t.Global,
		EnableLogFileValidation: &t.Validated,
	})
	return err
}

// changeTrail names only what differs, and CloudTrail leaves alone what an update does not name.
func changeTrail(ctx context.Context, client *cloudtrail.Client, name string, is, to trail) error {
	if is.AllRegions == to.AllRegions && is.Global == to.Global {
		return nil
	}
	in := &cloudtrail.UpdateTrailInput{
		Name: &name, IsMultiRegionTrail: &to.AllRegions, IncludeGlobalServiceEvents: &to.Global,
	}
	_, err := client.UpdateTrail(ctx, in)
	return err
}

func switchTrail(ctx context.Context, client *cloudtrail.Client, name string, on bool) (err error) {
	if on {
		_, err = client.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: &name})
	} else {
		_, err = client.StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: &name})
	}
	return err
}
