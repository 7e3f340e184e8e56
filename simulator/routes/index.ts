import type { Route } from '../http/request.ts';
import { appointmentRoutes, salonOnlyAppointmentRoutes } from './appointments.ts';
import { businessRoutes, salonOnlyBusinessRoutes } from './business.ts';
import { catalogRoutes } from './catalog.ts';
import { customerRoutes } from './customers.ts';
import { salonOnlyScheduleRoutes, scheduleApiRoutes } from './schedules.ts';
import { settlementRoutes } from './settlement.ts';

/** The partner API under its base path. */
export const apiRoutes: readonly Route[] = [
  ...businessRoutes,
  ...scheduleApiRoutes,
  ...catalogRoutes,
  ...customerRoutes,
  ...appointmentRoutes,
  ...settlementRoutes,
];

/** What the salon itself can do beside: everything the API can, and some things it cannot. */
export const salonRoutes: readonly Route[] = [
  ...apiRoutes,
  ...salonOnlyBusinessRoutes,
  ...salonOnlyScheduleRoutes,
  ...salonOnlyAppointmentRoutes,
];
