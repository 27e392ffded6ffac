// OHIF's configuration in the demo: where the viewer finds Orthanc's DICOMweb, on its own origin.
// OHIF takes the token out of the link and sends it with every request, as `Authorization: Bearer`.
window.config = {
  routerBasename: '/ohif',
  extensions: [],
  modes: [],
  showStudyList: true,
  investigationalUseDialog: { option: 'never' },
  defaultDataSourceName: 'orthanc',
  dataSources: [
    {
      namespace: '@ohif/extension-default.dataSourcesModule.dicomweb',
      sourceName: 'orthanc',
      configuration: {
        friendlyName: 'Orthanc',
        name: 'orthanc',
        qidoRoot: '/shares/dicom-web',
        wadoRoot: '/shares/dicom-web',
        wadoUriRoot: '/shares/wado',
        imageRendering: 'wadors',
        thumbnailRendering: 'wadors',
        qidoSupportsIncludeField: false,
        supportsFuzzyMatching: false,
        bulkDataURI: { enabled: true },
      },
    },
  ],
};
